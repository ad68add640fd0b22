import type { Message, MessageType, RawMessage } from '@checkout/contracts';
import {
  type CommitResult,
  createEventLog,
  createStreams,
  type DeadLetter,
  type Loaded,
  type LogStorage,
  type NewDeadLetter,
} from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { testIdentity } from '@checkout/event-log/testing';
import { causeOf, type MessageId, type OrderId } from '@checkout/kernel';
import { createVirtualClock } from '@checkout/kernel/testing';
import { createMetrics } from '@checkout/runtime';
import { createRecordingLogger } from '@checkout/runtime/testing';
import type { ForeignRecord } from '../bus.port.ts';
import { createConsumer } from '../consumer.ts';
import type { Outcome } from '../work.ts';
import { createMessageBuilder } from './messages.builder.ts';
import { createStubBus } from './stub-bus.ts';
import { labelOf, type Tally, tallied, type TallyEvent, tallyHandlers, tallyStream } from './tally.fixture.ts';

type Handled = Outcome<Tally, TallyEvent>;

/** What a test makes of the handling of one message, instead of the tally of its label. Called at every try. */
type Behaviour = (loaded: Loaded<Tally>, message: Message) => Handled | Promise<Handled>;

/**
 * A consumer over a log in memory that tallies what it handles, with messages of two topics to give it. `restart` is what a
 * process does that begins on what another has recorded.
 */
export function createConsumerDriver() {
  const clock = createVirtualClock();
  const logger = createRecordingLogger();
  const metrics = createMetrics('payment');
  const memory = createMemoryStorage({ identity: { ...testIdentity, service: 'payment' }, clock });
  let isLogAway = false;
  const away: CommitResult = { kind: 'rolled-back', error: new Error('the disk is away'), retryable: true };
  const storage: LogStorage = { ...memory, commit: async (requests) => (isLogAway ? away : memory.commit(requests)) };
  const behaviours = new Map<MessageId, Behaviour>();
  const tries: string[] = [];
  const copies: NewDeadLetter[] = [];
  const build = createMessageBuilder(testIdentity.partitions);

  const handle = (loaded: Loaded<Tally>, message: Message) => {
    tries.push(labelOf(message));
    return behaviours.get(message.id)?.(loaded, message) ?? { events: [tallied(labelOf(message))] };
  };
  const begin = () => {
    const log = createEventLog({ storage, clock, soleWriter: true });
    const streams = createStreams<Tally, TallyEvent>(log, tallyStream);
    const bus = createStubBus(testIdentity.partitions);
    const handlers = tallyHandlers(handle);
    const copyDeadLetter = (letter: NewDeadLetter) => void copies.push(letter);
    const consumer = createConsumer({
      group: 'payment',
      log,
      streams,
      handlers,
      clock,
      logger,
      metrics,
      copyDeadLetter,
    });
    bus.subscribe(consumer.subscription);
    consumer.start();
    return { log, streams, bus, consumer };
  };
  let running = begin();

  const letters = (orderId?: OrderId): Promise<readonly DeadLetter[]> =>
    running.log.deadLetters({ afterSeq: 0, limit: 1_000, ...(orderId !== undefined && { orderId }) });

  return {
    clock,
    logger,
    metrics,
    tries,
    /** What a broker was told of dead letters. */
    copies,
    log: () => running.log,
    capture: (orderId: OrderId, attempt: number) => build('CapturePayment', orderId, { attempt }),
    refusal: (orderId: OrderId, reason: string) => build('OrderCancellationRefused', orderId, { reason }),
    unreadable: (orderId: OrderId, type: MessageType = 'CapturePayment') =>
      build(type, orderId, { broken: 'no attempt, no reason' }),
    /** From now on. */
    on: (message: RawMessage, behaviour: Behaviour) => void behaviours.set(message.id, behaviour),
    mend: (...messages: readonly RawMessage[]) => messages.forEach(({ id }) => behaviours.delete(id)),
    deliver: (...messages: readonly RawMessage[]) => running.bus.deliver(...messages),
    deliverForeign: (record: ForeignRecord) => running.bus.deliverForeign(record),
    redrive: (orderId: OrderId, { dryRun = false } = {}) => running.consumer.redrive(orderId, { dryRun }),
    setLogAway: (isAway: boolean) => {
      isLogAway = isAway;
    },
    /** Lets the consumer do what it was asked to redrive. */
    redriven: () => clock.advance(5_000),
    restart: async () => {
      await running.consumer.stop();
      running = begin();
      await clock.settle();
    },
    stop: () => running.consumer.stop(),
    /** Another writer moves the stream on, as a timer or a request does. */
    moveOn: async (orderId: OrderId) => {
      const version = (await running.log.readStream(orderId)).length;
      const cause = { id: causeOf('moved on', orderId, version), correlationId: 'another writer' };
      const theirs = createStreams<Tally, TallyEvent>(running.log, tallyStream);
      const { unit } = theirs.decided(await theirs.loadFresh(orderId), [{ type: 'Noted', data: {} }], cause);
      await running.log.append({ units: [unit] });
    },
    rowsOf: (orderId: OrderId) => running.log.readStream(orderId),
    tally: async (orderId: OrderId) => {
      const rows = await running.log.readStream(orderId);
      return rows.flatMap(({ type, data }) => (type === 'Tallied' ? [(data as { label: string }).label] : []));
    },
    letters,
    /** The dead letters in short: label and state, in the order of their arrival. */
    shelf: async (orderId?: OrderId) => {
      return (await letters(orderId)).map(({ message, state }) => {
        const label = labelOf(message as RawMessage);
        return `${label === 'undefined' ? 'unreadable' : label} ${state}`;
      });
    },
  };
}

/** A handler's defect: it fails the same way each time. */
export const poison: Behaviour = () => {
  throw new Error('no such currency');
};
