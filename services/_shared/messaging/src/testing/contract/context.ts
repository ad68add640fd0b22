import { type Outgoing, type RawMessage, topicOf } from '@checkout/contracts';
import { createStreams, type EventLog } from '@checkout/event-log';
import type { Clock, OrderId } from '@checkout/kernel';
import { createMetrics } from '@checkout/runtime';
import { createSilentLogger } from '@checkout/runtime/testing';
import type { Bus, Delivery, Handled, Subscription } from '../../bus.port.ts';
import { createConsumer } from '../../consumer.ts';
import { labelOf, type Tally, tallied, type TallyEvent, tallyHandlers, tallyStream } from '../tally.fixture.ts';

/** A message to be published, by the service that its type belongs to. */
export type Published = Outgoing & { readonly orderId: OrderId };

/**
 * A consuming service with its log, and producers that publish to it. Logs and topics have the partitions of
 * `testIdentity`.
 */
export type BusWorld = {
  /** The consuming service's log: handlers record in it what they did. */
  readonly log: EventLog;
  readonly clock: Clock;
  /** Publishes messages, each producer's in this order; durable when it resolves. */
  readonly publish: (...messages: readonly Published[]) => Promise<void>;
  /** One more instance of the consuming service: its groups go on where earlier ones recorded that they were. */
  readonly openBus: () => Bus;
  /** Lets things go on until the condition holds. @throws Error when it does not within a reasonable time */
  readonly until: (condition: () => boolean | Promise<boolean>) => Promise<void>;
  /** Lets things go on for a while, long enough for whatever must not happen to happen. */
  readonly rest: () => Promise<void>;
  /** Called when every bus that was opened has been stopped. */
  readonly close: () => Promise<void>;
};

export type Listening = Partial<Pick<Subscription, 'group' | 'accepts'>> & {
  /** Runs before a delivery is recorded; its answer, when it has one, is given instead of recording anything. */
  readonly before?: (delivery: Delivery) => Handled | void | Promise<Handled | void>;
};

export type Listener = { readonly deliveries: readonly Delivery[]; readonly handled: readonly RawMessage[] };

/** What a part of the suite works with. Buses that it opens are stopped after the test. */
export type BusContext = {
  readonly world: () => BusWorld;
  readonly openBus: () => Bus;
  /** A group that keeps what it is handed, and records that it did. Accepts all but `ReleasePayment` by default. */
  readonly listen: (bus: Bus, listening?: Listening) => Listener;
  /** An instance of the service that listens until it is stopped. */
  readonly startListener: (listening?: Listening) => Promise<Listener & { readonly stop: () => Promise<void> }>;
  /** An instance of the service that tallies what it handles in the consuming service's log. */
  readonly startConsumer: (group: string) => Promise<Bus>;
  readonly tallyOf: (orderId: OrderId) => Promise<readonly string[]>;
};

export function createBusContext(world: () => BusWorld, onOpened: (bus: Bus) => void): BusContext {
  const openBus = () => {
    const bus = world().openBus();
    onOpened(bus);
    return bus;
  };

  const listen = (bus: Bus, { group = 'payment', accepts, before = () => {} }: Listening = {}): Listener => {
    const deliveries: Delivery[] = [];
    const handled: RawMessage[] = [];
    bus.subscribe({
      group,
      topics: [topicOf('CapturePayment'), topicOf('OrderCancellationRefused')],
      accepts: accepts ?? (({ type }) => type !== 'ReleasePayment'),
      async handle(delivery) {
        deliveries.push(delivery);
        const answer = await before(delivery);
        if (answer !== undefined) return answer;
        const { offsets } = await world().log.append({ units: [], offsets: delivery.offsets });
        if (offsets === 'stale') return 'stale';
        handled.push(...delivery.messages);
        return 'done';
      },
    });
    return { deliveries, handled };
  };

  return {
    world,
    openBus,
    listen,
    async startListener(listening) {
      const bus = openBus();
      const listener = listen(bus, listening);
      await bus.start();
      return { ...listener, stop: () => bus.stop() };
    },
    async startConsumer(group) {
      const { log, clock } = world();
      const bus = openBus();
      const { subscription } = createConsumer({
        group,
        log,
        streams: createStreams<Tally, TallyEvent>(log, tallyStream),
        handlers: tallyHandlers((_, message) => ({ events: [tallied(labelOf(message))] })),
        clock,
        logger: createSilentLogger(),
        metrics: createMetrics('payment'),
      });
      bus.subscribe(subscription);
      await bus.start();
      return bus;
    },
    tallyOf: async (orderId) =>
      (await world().log.readStream(orderId)).map((row) => (row.data as { readonly label: string }).label),
  };
}

/** Two types of two producers; what they carry is their label. */
export const capture = (orderId: OrderId, number: number): Published => ({
  type: 'CapturePayment',
  orderId,
  data: { attempt: number },
});
export const refusal = (orderId: OrderId, label: string): Published => ({
  type: 'OrderCancellationRefused',
  orderId,
  data: { reason: label },
});
/** Of the same topic as `capture`. */
export const release = (orderId: OrderId, number: number): Published => ({
  type: 'ReleasePayment',
  orderId,
  data: { attempt: number, mode: 'undo' },
});

export const labels = (messages: readonly RawMessage[]) => messages.map((message) => labelOf(message));
export const labelsOf = (listener: Listener, orderId: OrderId) =>
  labels(listener.handled.filter((message) => message.orderId === orderId));
export const numbers = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);
export const words = (count: number) => numbers(count).map(String);
