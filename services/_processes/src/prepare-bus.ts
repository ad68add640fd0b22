import { services } from '@checkout/contracts';
import type { ConnectionConfig } from '@checkout/hosting';
import { platformGroups } from '@checkout/messaging';
import { ensureTopics, removeTopics, TopicMismatchError, topicsOf } from '@checkout/messaging/kafka';
import { declareTopology, removeTopology, TopologyMismatchError } from '@checkout/messaging/rabbitmq';
import type { Clock } from '@checkout/kernel';
import type { Logger } from '@checkout/runtime';

/**
 * Makes the topics, or the exchanges and queues, that the services need, and checks those that are there.
 *
 * @throws Error with one line that says what to do: the broker does not answer, or has other settings
 */
export async function prepareBus(
  { bus, busPrefix: prefix, partitions }: ConnectionConfig,
  {
    clock,
    logger,
    replicationFactor,
  }: { readonly clock: Clock; readonly logger: Logger; readonly replicationFactor: number },
): Promise<void> {
  const groups = platformGroups();
  const isAdvice = (error: unknown) => error instanceof TopicMismatchError || error instanceof TopologyMismatchError;
  const unanswered = (broker: string, variable: string) => (error: unknown) => {
    if (isAdvice(error)) throw error;
    throw new Error(`${broker} does not answer (${(error as Error).message}): start it, or mend ${variable}`, {
      cause: error,
    });
  };
  if (bus.kind === 'kafka') {
    const connection = { ...bus, clientId: 'setup', prefix };
    await ensureTopics({
      connection,
      clock,
      logger,
      topics: topicsOf(services),
      groups,
      partitions,
      replicationFactor,
    }).catch(unanswered('Kafka', 'KAFKA_BROKERS'));
  }
  if (bus.kind === 'rabbitmq') {
    await declareTopology({ address: { url: bus.url, prefix }, topology: { partitions, groups }, logger }).catch(
      unanswered('RabbitMQ', 'RABBITMQ_URL'),
    );
  }
}

/** Removes the topics, or the exchanges and queues, with all messages in them. @throws Error when somebody still uses them */
export async function dropBus(
  { bus, busPrefix: prefix, partitions }: ConnectionConfig,
  { logger }: { readonly logger: Logger },
): Promise<void> {
  const groups = platformGroups();
  if (bus.kind === 'kafka') {
    const connection = { ...bus, clientId: 'setup', prefix };
    await removeTopics({ connection, logger, topics: topicsOf(services), groups });
  }
  if (bus.kind === 'rabbitmq') {
    await removeTopology({ address: { url: bus.url, prefix }, topology: { partitions, groups }, logger });
  }
}
