import { randomUUID } from 'node:crypto';
import type { Topic } from '@checkout/contracts';
import { type Clock, stableFraction } from '@checkout/kernel';
import type { Logger, Metrics } from '@checkout/runtime';
import { dataStreams } from '@checkout/telemetry';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import type { Bus, Subscription } from '../bus.port.ts';
import type { CopyDeadLetter } from '../consumer.ts';
import type { Publisher } from '../relay.ts';
import type { RabbitmqAddress } from './client.ts';
import { createConnection } from './connection.ts';
import { createDeadLetterCopies } from './dead-letter-copies.ts';
import { createPartitionLanes, type PartitionLanes, prefetchCount } from './partition-lanes.ts';
import { createRabbitmqPublisher } from './publisher.ts';
import { createDeclaration, queueOf, type RabbitmqTopology, TopologyMismatchError } from './topology.ts';

export type RabbitmqBusDeps = {
  readonly address: RabbitmqAddress;
  /** The same for every process of an installation. */
  readonly topology: RabbitmqTopology;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** For a topology at the broker that turns out wrong after the start: one line that says what to do. */
  readonly onFatal: (error: Error) => void;
};

/** One process's way to RabbitMQ. */
export type RabbitmqBus = {
  /** For the relay. Connects when something is published. */
  readonly publisher: Publisher;
  /** Starts without RabbitMQ as well, and takes deliveries as soon as that is there. */
  readonly bus: Bus;
  /** For the consumers: copies to the queues `<topic>.<group>.dlt`. */
  readonly copyDeadLetter: CopyDeadLetter;
  /** Whether the last try to reach it failed. */
  isAway(): boolean;
  /** After the bus and the relay have stopped. */
  close(): Promise<void>;
};

type Member = { readonly subscription: Subscription; readonly lanes: PartitionLanes };

/**
 * The bus over RabbitMQ: a quorum queue per group and partition, of which one instance at a time is the active consumer. At
 * least once and in order per order id, across kills of brokers and processes: the relay publishes again what was not
 * confirmed, and what was not acknowledged comes again, in its place. An outage of any length ends nothing.
 */
export function createRabbitmqBus(deps: RabbitmqBusDeps): RabbitmqBus {
  const { address, topology, clock, logger, metrics, onFatal } = deps;
  const { prefix = '' } = address;
  const instance = randomUUID();
  const subscriptions: Subscription[] = [];
  const members = new Map<string, Member>();

  const publisher = createRabbitmqPublisher({ address, topology, clock, logger, onFatal });
  const copies = createDeadLetterCopies({
    publisher,
    prefix,
    originOf: (group, messageId) => members.get(group)?.lanes.originOf(messageId),
    logger,
    metrics,
  });
  const declare = createDeclaration(prefix, topology);
  const connection = createConnection<Channel>({
    address,
    operation: 'consume',
    clock,
    logger,
    onFatal,
    async open(model, lose) {
      await declare(model);
      return consumeAll(model, lose, { members: [...members.values()], prefix, topology, instance });
    },
  });

  const memberOf = (subscription: Subscription): Member => {
    const topicsByExchange = new Map(subscription.topics.map((topic) => [prefix + topic, topic]));
    const lanes = createPartitionLanes({
      subscription,
      partitions: topology.partitions,
      topicOf: (exchange) => topicsByExchange.get(exchange),
      clock,
      logger,
    });
    return { subscription, lanes };
  };

  return {
    publisher,
    bus: {
      subscribe: (subscription) => void subscriptions.push(subscription),
      async start() {
        for (const subscription of subscriptions) {
          refuseUndeclared(subscription, topology);
          members.set(subscription.group, memberOf(subscription));
        }
        await connection.start();
      },
      async stop() {
        // The queues are left by closing the channel and not before: another instance begins behind what is done here.
        await Promise.all([...members.values()].map(({ lanes }) => lanes.stop()));
        await connection.stop((opened) => opened.close());
      },
    },
    copyDeadLetter: copies.copy,
    isAway: () => connection.isAway(),
    async close() {
      await copies.close();
      await publisher.close();
    },
  };
}

/** Before any message arrives, so that none is taken for a group's that has no queue. */
function refuseUndeclared({ group, topics }: Subscription, topology: RabbitmqTopology): void {
  const declared: readonly Topic[] = topology.groups.find((known) => known.group === group)?.topics ?? [];
  const missing = topics.filter((topic) => !declared.includes(topic));
  if (missing.length === 0) return;
  throw new TopologyMismatchError(
    `the group ${group} reads ${missing.join(', ')}, which the topology does not give it: add it there, for publishers too.`,
  );
}

type ConsumeDeps = {
  readonly members: readonly Member[];
  readonly prefix: string;
  readonly topology: RabbitmqTopology;
  readonly instance: string;
};

async function consumeAll(model: ChannelModel, lose: (error: Error) => void, deps: ConsumeDeps): Promise<Channel> {
  const { members } = deps;
  const channel = await model.createChannel();
  let isOver = false;
  /** By what comes first, and once: the close of a connection may come when the next one has long filled the lanes. */
  const end = (error: Error) => {
    if (isOver) return;
    isOver = true;
    // What the channel delivered can be acknowledged on no other one.
    for (const { lanes } of members) lanes.reset();
    lose(error);
  };
  channel.on('error', end);
  channel.on('close', () => end(new Error('RabbitMQ closed the channel')));
  try {
    await consumeOn(channel, () => isOver, end, deps);
  } catch (error) {
    end(error as Error);
    throw error;
  }
  return channel;
}

async function consumeOn(
  channel: Channel,
  isOver: () => boolean,
  end: (error: Error) => void,
  { members, prefix, topology, instance }: ConsumeDeps,
): Promise<void> {
  await channel.prefetch(prefetchCount);
  for (const { subscription, lanes } of members) {
    for (let partition = 0; partition < topology.partitions; partition += 1) {
      const queue = queueOf(prefix, subscription.group, partition);
      const take = (received: ConsumeMessage | null) => {
        if (isOver()) return;
        if (received === null) return end(new Error(`RabbitMQ ended the reading of ${queue}`));
        const { fields, properties } = received;
        dataStreams()?.consumed('rabbitmq', fields.exchange, properties.headers ?? {});
        lanes.push(partition, received, () => acknowledge(channel, received));
      };
      await channel.consume(queue, take, { priority: priorityOf(instance, queue) });
    }
  }
}

const maxPriority = 1_000_000;

/**
 * The active consumer of a queue is the one of the highest priority; another one takes over once the messages of the former
 * are acknowledged. Each instance draws its priority per queue, so that instances share the queues about evenly, and one that
 * comes or goes moves no more of them than it must (rendezvous hashing).
 */
function priorityOf(instance: string, queue: string): number {
  return Math.floor(stableFraction(`${instance} ${queue}`) * maxPriority);
}

function acknowledge(channel: Channel, received: ConsumeMessage): void {
  try {
    channel.ack(received);
  } catch {
    // The channel has just closed: the message comes again.
  }
}
