import type { Clock } from '@checkout/kernel';
import type { Logger, Metrics } from '@checkout/runtime';
import { createConnectionLog } from '../broker/connection-log.ts';
import type { Bus, Subscription } from '../bus.port.ts';
import type { CopyDeadLetter } from '../consumer.ts';
import type { Publisher } from '../relay.ts';
import { createKafkaClient, type KafkaConnection } from './client.ts';
import { createDeadLetterCopies } from './dead-letter-copies.ts';
import { createGroupMember, type GroupMember } from './group-member.ts';
import { createKafkaPublisher } from './publisher.ts';

export type KafkaBusDeps = {
  readonly connection: KafkaConnection;
  /** Of the service's log, and so of every topic. */
  readonly partitions: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
};

/** One process's way to Kafka. */
export type KafkaBus = {
  /** For the relay. Connects when something is published. */
  readonly publisher: Publisher;
  /** Starts without waiting for Kafka, and joins its groups as soon as that is there. */
  readonly bus: Bus;
  /** For the consumers: copies to `<topic>.<group>.dlt`. */
  readonly copyDeadLetter: CopyDeadLetter;
  /** Whether the last that was tried of it failed. */
  isAway(): boolean;
  /** After the bus and the relay have stopped. */
  close(): Promise<void>;
};

/**
 * The bus over Kafka. At least once and in order per order id, across kills of brokers and processes: the relay publishes
 * again what was not acknowledged, a group reads again what it did not commit, and offsets are committed behind the work.
 * An outage of any length ends nothing: it is tried until Kafka is back.
 */
export function createKafkaBus(deps: KafkaBusDeps): KafkaBus {
  const { connection, partitions, clock, metrics } = deps;
  const { prefix = '' } = connection;
  const logger = deps.logger.child({ component: 'kafka' });
  const client = createKafkaClient(connection, logger);
  const subscriptions: Subscription[] = [];
  const members = new Map<string, GroupMember>();
  const connections: ReturnType<typeof createConnectionLog>[] = [];
  const connectionOf = (lines: Logger) => {
    const noted = createConnectionLog(lines, 'Kafka');
    connections.push(noted);
    return noted;
  };
  const publisher = createKafkaPublisher({
    client,
    nameOf: (topic) => prefix + topic,
    clock,
    connection: connectionOf(logger.child({ operation: 'publish' })),
  });
  const copies = createDeadLetterCopies({
    client,
    prefix,
    partitions,
    originOf: (group, messageId) => members.get(group)?.originOf(messageId),
    logger,
    metrics,
  });
  return {
    publisher,
    bus: {
      subscribe: (subscription) => void subscriptions.push(subscription),
      async start() {
        for (const subscription of subscriptions) {
          const { group } = subscription;
          const consumption = connectionOf(logger.child({ operation: 'consume', group }));
          const member = createGroupMember({
            client,
            subscription,
            prefix,
            partitions,
            clock,
            logger,
            connection: consumption,
          });
          members.set(group, member);
          member.start();
        }
      },
      async stop() {
        await Promise.all([...members.values()].map((member) => member.stop()));
      },
    },
    copyDeadLetter: copies.copy,
    isAway: () => connections.some((noted) => noted.state() === 'away'),
    async close() {
      await Promise.all([publisher.close(), copies.close()]);
    },
  };
}
