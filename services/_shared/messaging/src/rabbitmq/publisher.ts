import type { RawMessage } from '@checkout/contracts';
import type { Clock } from '@checkout/kernel';
import type { Logger } from '@checkout/runtime';
import { dataStreams } from '@checkout/telemetry';
import type { ConfirmChannel } from 'amqplib';
import { encodeMessage } from '../broker/wire.ts';
import type { Publisher } from '../relay.ts';
import type { RabbitmqAddress } from './client.ts';
import { createConnection } from './connection.ts';
import { createDeclaration, exchangeOf, type RabbitmqTopology, routingKeyOf } from './topology.ts';

export type RabbitmqPublisher = Publisher & {
  /** Hands over a copy for people. @throws when it may not have arrived */
  copy(exchange: string, routingKey: string, record: Copy): Promise<void>;
  close(): Promise<void>;
};

export type Copy = { readonly value: Buffer; readonly headers: Readonly<Record<string, unknown>> };

export type RabbitmqPublisherDeps = {
  readonly address: RabbitmqAddress;
  readonly topology: RabbitmqTopology;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onFatal: (error: Error) => void;
};

/** What is not confirmed within this time is published again, on another connection, milliseconds. */
const confirmTimeoutMs = 10_000;

type Session = {
  readonly channel: ConfirmChannel;
  readonly lose: (error: Error) => void;
  /** Ids of messages that no queue took. */
  readonly returned: Set<string>;
  readonly blocked: { reason: string | undefined };
};

/**
 * Publishes with confirms: a message is acknowledged when a majority of its queues' replicas has it on disk. Of one order,
 * one message is under way at a time, because a broker may refuse one and take the next; those of other orders go along.
 */
export function createRabbitmqPublisher(deps: RabbitmqPublisherDeps): RabbitmqPublisher {
  const { address, topology, clock, logger, onFatal } = deps;
  const { prefix = '' } = address;
  const readTopics = new Set(topology.groups.flatMap(({ topics }) => topics.map((topic) => exchangeOf(prefix, topic))));
  const declare = createDeclaration(prefix, topology);
  const connection = createConnection<Session>({
    address,
    operation: 'publish',
    clock,
    logger,
    onFatal,
    async open(model, lose) {
      const blocked: Session['blocked'] = { reason: undefined };
      model.on('blocked', (reason) => {
        blocked.reason = reason;
        logger.warn('RabbitMQ takes no messages for now', { component: 'rabbitmq', reason });
      });
      model.on('unblocked', () => {
        blocked.reason = undefined;
        logger.info('RabbitMQ takes messages again', { component: 'rabbitmq' });
      });
      await declare(model);
      const channel = await model.createConfirmChannel();
      const returned = new Set<string>();
      channel.on('error', lose);
      channel.on('close', () => lose(new Error('RabbitMQ closed the channel')));
      // Comes before the confirm of the same message.
      channel.on('return', ({ properties }) => void returned.add(String(properties.messageId)));
      return { channel, lose, returned, blocked };
    },
  });

  let starting: Promise<void> | undefined;
  const session = async (): Promise<Session> => {
    starting ??= connection.start().catch(onFatal);
    const opened = await connection.opened();
    // What is written to a blocked connection would only pile up here.
    if (opened.blocked.reason !== undefined) throw new Error(`RabbitMQ takes no messages: ${opened.blocked.reason}`);
    return opened;
  };

  /** Resolves when the broker has them all. */
  const confirmed = async (sent: readonly Promise<void>[]) => {
    const over = new AbortController();
    const late = clock.sleep(confirmTimeoutMs, over.signal).then(() => {
      if (over.signal.aborted) return;
      throw new Error(`RabbitMQ confirmed nothing within ${confirmTimeoutMs} ms`);
    });
    try {
      await Promise.race([Promise.all(sent), late]);
    } finally {
      over.abort();
    }
  };

  const send = (to: Session, exchange: string, routingKey: string, record: Copy, options: { id?: string } = {}) =>
    new Promise<void>((resolve, reject) => {
      const { id } = options;
      to.channel.publish(
        exchange,
        routingKey,
        record.value,
        {
          persistent: true,
          contentType: 'application/json',
          headers: record.headers,
          ...(id !== undefined && { messageId: id, mandatory: readTopics.has(exchange) }),
        },
        (error: Error | null) => {
          if (error !== null) reject(error);
          else if (id !== undefined && to.returned.delete(id)) {
            reject(new Error(`no queue takes what is published to ${exchange} with ${routingKey}`));
          } else resolve();
        },
      );
    });

  return {
    async publish(partition, messages) {
      const to = await session();
      for (const wave of wavesOf(messages)) {
        const sent = wave.map((message) => {
          const exchange = exchangeOf(prefix, message.topic);
          const { id } = message;
          const { value, headers } = encodeMessage(message);
          const carried = { ...headers };
          dataStreams()?.produced('rabbitmq', exchange, carried);
          return send(to, exchange, routingKeyOf(partition), { value, headers: carried }, { id });
        });
        try {
          await confirmed(sent);
        } catch (error) {
          // Queues may have been deleted: they are declared when a connection is opened.
          to.lose(error as Error);
          throw error;
        }
      }
    },
    async copy(exchange, routingKey, record) {
      const to = await session();
      // Nobody waits for it, so a queue that does not answer costs nobody the connection.
      await confirmed([send(to, exchange, routingKey, record)]);
    },
    close: () => connection.stop(),
  };
}

/** The first message of every order, the second of every order, and so on. */
export function wavesOf(messages: readonly RawMessage[]): readonly (readonly RawMessage[])[] {
  const waves: RawMessage[][] = [];
  const counts = new Map<string, number>();
  for (const message of messages) {
    const count = counts.get(message.orderId) ?? 0;
    counts.set(message.orderId, count + 1);
    (waves[count] ??= []).push(message);
  }
  return waves;
}
