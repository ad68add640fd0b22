import { randomUUID } from 'node:crypto';
import { type ServiceName, services } from '@checkout/contracts';
import { createEventLog, type EventLog } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { testIdentity } from '@checkout/event-log/testing';
import type { Clock } from '@checkout/kernel';
import { createMetrics, createSystemClock, type Logger } from '@checkout/runtime';
import { createSilentLogger } from '@checkout/runtime/testing';
import type { Bus } from '../bus.port.ts';
import {
  createRabbitmqBus,
  declareTopology,
  type RabbitmqAddress,
  type RabbitmqBus,
  type RabbitmqTopology,
  removeTopology,
} from '../rabbitmq/index.ts';
import { createRelay } from '../relay.ts';
import type { BusWorld } from './bus.contract.ts';
import { createPublisher, identityOf } from './embedded-worlds.ts';

/** The groups of the contract suite. All of them are known before anything is published: a queue has no past. */
const contractTopics = ['checkout.payment.commands', 'checkout.order.events'] as const;
export const contractTopology: RabbitmqTopology = {
  partitions: testIdentity.partitions,
  groups: ['payment', 'payment-again', 'audit'].map((group) => ({ group, topics: contractTopics })),
};

export type RabbitmqWorld = BusWorld & {
  readonly address: RabbitmqAddress;
  /** One more process at the broker; closed with the world. */
  readonly connect: (parts?: { readonly url?: string; readonly logger?: Logger }) => RabbitmqBus;
};

const untilMs = 30_000;
const pollMs = 10;
/** Longer than a message takes; also longer than the first waits of a delivery that is tried again. */
const restMs = 300;

/** Producers behind the production relay and consumers, at a real broker, under names of their own. */
export async function createRabbitmqWorld(url: string, topology = contractTopology): Promise<RabbitmqWorld> {
  const clock = createSystemClock();
  const address: RabbitmqAddress = { url, prefix: `test-${randomUUID()}.` };
  const silent = createSilentLogger();
  await declareTopology({ address, topology, logger: silent });

  const processes: RabbitmqBus[] = [];
  const open: RabbitmqWorld['connect'] = (parts = {}) => {
    const process = createRabbitmqBus({
      address: { ...address, url: parts.url ?? url },
      topology,
      clock,
      logger: parts.logger ?? silent,
      metrics: createMetrics('payment'),
      onFatal(error) {
        throw error;
      },
    });
    processes.push(process);
    return process;
  };

  const logs = Object.fromEntries(
    services.map((service) => [
      service,
      createEventLog({ storage: createMemoryStorage({ identity: identityOf(service), clock }), clock }),
    ]),
  ) as Record<ServiceName, EventLog>;
  const { publisher } = open();
  const relays = services.map((service) =>
    createRelay({ log: logs[service], publisher, clock, logger: silent, owner: service }),
  );
  for (const relay of relays) relay.start();

  return {
    address,
    connect: open,
    log: logs.payment,
    clock,
    publish: createPublisher((service) => logs[service]),
    openBus: (): Bus => open().bus,
    until: (condition) => until(clock, condition),
    rest: () => clock.sleep(restMs),
    async close() {
      await Promise.all(relays.map((relay) => relay.stop()));
      await Promise.all(processes.map((process) => process.close()));
      await removeTopology({ address, topology, logger: silent });
    },
  };
}

async function until(clock: Clock, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = clock.monotonic() + untilMs;
  while (!(await condition())) {
    if (clock.monotonic() > deadlineMs) throw new Error(`it did not come about within ${untilMs} ms`);
    await clock.sleep(pollMs);
  }
}
