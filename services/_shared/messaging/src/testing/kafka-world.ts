import { type ServiceName, services, topicOf } from '@checkout/contracts';
import { createEventLog, type EventLog } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { testIdentity } from '@checkout/event-log/testing';
import { createMetrics, createSystemClock, createSystemIds } from '@checkout/runtime';
import { createSilentLogger } from '@checkout/runtime/testing';
import { createKafkaBus, ensureTopics, type KafkaBus, removeTopics } from '../kafka/index.ts';
import type { KafkaConnection } from '../kafka/client.ts';
import { createRelay } from '../relay.ts';
import type { BusWorld } from './bus.contract.ts';
import { createPublisher, identityOf } from './embedded-worlds.ts';

const { partitions } = testIdentity;
const untilMs = 60_000;
const restMs = 600;
const pollMs = 5;

/** Topics and groups of a prefix that no other test has. */
export function connectionOfTest(brokers: string): KafkaConnection & { readonly prefix: string } {
  return { brokers: brokers.split(','), clientId: 'checkout-test', prefix: `test-${createSystemIds().uuid()}.` };
}

export async function waitUntil(condition: () => boolean | Promise<boolean>, withinMs = untilMs): Promise<void> {
  const clock = createSystemClock();
  const deadline = clock.monotonic() + withinMs;
  while (!(await condition())) {
    if (clock.monotonic() > deadline) throw new Error(`it did not come about within ${withinMs} ms`);
    await clock.sleep(pollMs);
  }
}

/**
 * Producers behind the production relay, consumers at a real broker, on real time.
 *
 * @param brokers `host:port,host:port`
 */
export async function createKafkaWorld(brokers: string): Promise<BusWorld> {
  const clock = createSystemClock();
  const logger = createSilentLogger();
  const connection = connectionOfTest(brokers);
  const topics = [topicOf('CapturePayment'), topicOf('OrderCancellationRefused')];
  await ensureTopics({ connection, clock, logger, topics, groups: [], partitions, replicationFactor: 1 });
  const connect = (): KafkaBus =>
    createKafkaBus({ connection, partitions, clock, logger, metrics: createMetrics('payment') });
  const logs = Object.fromEntries(
    services.map((service) => [
      service,
      createEventLog({ storage: createMemoryStorage({ identity: identityOf(service), clock }), clock }),
    ]),
  ) as Record<ServiceName, EventLog>;
  const producing = services.map((service) => {
    const kafka = connect();
    const { publisher } = kafka;
    return { kafka, relay: createRelay({ log: logs[service], publisher, clock, logger, owner: service }) };
  });
  for (const { relay } of producing) relay.start();
  return {
    log: logs.payment,
    clock,
    publish: createPublisher((service) => logs[service]),
    openBus: () => connect().bus,
    until: waitUntil,
    rest: () => clock.sleep(restMs),
    async close() {
      await Promise.all(producing.map(({ relay }) => relay.stop()));
      await Promise.all(producing.map(({ kafka }) => kafka.close()));
      await removeTopics({ connection, logger, topics, groups: [] });
    },
  };
}
