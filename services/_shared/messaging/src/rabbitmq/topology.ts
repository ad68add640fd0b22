import type { Topic } from '@checkout/contracts';
import type { Logger } from '@checkout/runtime';
import { type Channel, type ChannelModel, connect, type Options } from 'amqplib';
import { allTopics, type ConsumerGroup, deadLetterAddress } from '../broker/groups.ts';
import { connectOptionsOf, type RabbitmqAddress, socketOptions } from './client.ts';

/**
 * What is declared at the broker: an exchange per topic, and a queue per group and partition that is bound to the exchanges
 * of the group's topics by the number of the partition. A queue keeps what is published after it was declared, so every
 * publisher declares the queues of all groups, and a new group gets what is published once it is in this list.
 */
export type RabbitmqTopology = {
  /** Of every log; fixed when they are made. */
  readonly partitions: number;
  readonly groups: readonly ConsumerGroup[];
};

/** What is declared at the broker is not what was asked for. One line that says what to do. */
export class TopologyMismatchError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TopologyMismatchError';
  }
}

/**
 * Declares what is missing and checks what is there. May be called any number of times, by several processes at once. A
 * publisher and a bus do the same whenever they connect.
 *
 * @throws TopologyMismatchError when the broker has queues of other settings, or for another number of partitions
 * @throws Error when RabbitMQ does not answer
 */
export async function declareTopology(deps: {
  readonly address: RabbitmqAddress;
  readonly topology: RabbitmqTopology;
  readonly logger: Logger;
}): Promise<void> {
  await connected(deps, createDeclaration(deps.address.prefix ?? '', deps.topology));
}

/**
 * Removes the exchanges, and the queues with all that is in them. For runs that made their own: nobody may use them.
 *
 * @throws Error when RabbitMQ does not answer
 */
export async function removeTopology(deps: Parameters<typeof declareTopology>[0]): Promise<void> {
  const { partitions, groups } = deps.topology;
  const { prefix = '' } = deps.address;
  await connected(deps, (model) =>
    declaring(model, async (channel) => {
      for (const { group, topics } of groups) {
        for (let partition = 0; partition < partitions; partition += 1) {
          await channel.deleteQueue(queueOf(prefix, group, partition));
        }
        for (const topic of topics) await channel.deleteQueue(deadLetterAddress(prefix, topic, group));
      }
      for (const topic of allTopics()) await channel.deleteExchange(exchangeOf(prefix, topic));
      await channel.deleteExchange(deadLetterExchange(prefix));
    }),
  );
}

async function connected(
  { address, logger }: Pick<Parameters<typeof declareTopology>[0], 'address' | 'logger'>,
  work: (model: ChannelModel) => Promise<void>,
): Promise<void> {
  const model = await connect(connectOptionsOf(address), socketOptions('topology'));
  // The call that fails says so as well.
  model.on('error', (error) => logger.debug('the connection failed', { err: error }));
  try {
    await work(model);
  } finally {
    await model.close().catch(() => {});
  }
}

/**
 * Declares on one connection after the other. Whether the queues are as many as the partitions is asked until it is known once:
 * what is missing later has been deleted, and is made anew.
 */
export function createDeclaration(prefix: string, topology: RabbitmqTopology): (model: ChannelModel) => Promise<void> {
  let isKnown = false;
  return async (model) => {
    if (!isKnown) await refuseOtherPartitions(model, prefix, topology);
    isKnown = true;
    await declareOn(model, prefix, topology);
  };
}

async function declareOn(model: ChannelModel, prefix: string, topology: RabbitmqTopology): Promise<void> {
  const { partitions, groups } = topology;
  await declaring(model, async (channel) => {
    // Also those that nobody reads: publishing to one that is not there is an error.
    for (const topic of allTopics())
      await channel.assertExchange(exchangeOf(prefix, topic), 'direct', { durable: true });
    await channel.assertExchange(deadLetterExchange(prefix), 'direct', { durable: true });
    for (const { group, topics: ofGroup } of groups) {
      // The last partition first: whoever finds the first one finds them all.
      for (let partition = partitions - 1; partition >= 0; partition -= 1) {
        const queue = queueOf(prefix, group, partition);
        await channel.assertQueue(queue, partitionQueue);
        for (const topic of ofGroup) await channel.bindQueue(queue, exchangeOf(prefix, topic), routingKeyOf(partition));
      }
      for (const topic of ofGroup) {
        // Also its routing key.
        const queue = deadLetterAddress(prefix, topic, group);
        await channel.assertQueue(queue, copiesQueue);
        await channel.bindQueue(queue, deadLetterExchange(prefix), queue);
      }
    }
  });
}

export const exchangeOf = (prefix: string, topic: Topic): string => prefix + topic;
export const queueOf = (prefix: string, group: string, partition: number): string => `${prefix}${group}.${partition}`;
export const routingKeyOf = (partition: number): string => String(partition);
export const deadLetterExchange = (prefix: string): string => `${prefix}checkout.dlt`;

const partitionQueue: Options.AssertQueue = {
  durable: true,
  arguments: {
    'x-queue-type': 'quorum',
    'x-single-active-consumer': true,
    // Since version 4 a message that came 20 times is dropped by default, and 20 crashes of a consumer are soon there.
    'x-delivery-limit': -1,
  },
};

/** People look at the newest copies; nobody reads them all. */
const maxCopies = 100_000;

const copiesQueue: Options.AssertQueue = {
  durable: true,
  maxLength: maxCopies,
  arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': -1, 'x-overflow': 'drop-head' },
};

const preconditionFailed = 406;
const notFound = 404;

/** On a channel of its own, which an error closes. */
async function declaring(model: ChannelModel, work: (channel: Channel) => Promise<void>): Promise<void> {
  const channel = await model.createChannel();
  // The call that fails says so as well.
  channel.on('error', () => {});
  try {
    await work(channel);
    await channel.close();
  } catch (error) {
    throw codeOf(error) === preconditionFailed ? mismatchOf(error as Error) : error;
  }
}

function mismatchOf(cause: Error): TopologyMismatchError {
  const [, what = 'a queue or exchange'] = /for ((?:queue|exchange) '[^']*')/.exec(cause.message) ?? [];
  return new TopologyMismatchError(
    `RabbitMQ has ${what} with other settings than this release needs: let its groups read it to the end, delete it, and start again.`,
    { cause },
  );
}

async function refuseOtherPartitions(
  model: ChannelModel,
  prefix: string,
  { partitions, groups }: RabbitmqTopology,
): Promise<void> {
  const exists = async (queue: string) => {
    try {
      await declaring(model, async (channel) => void (await channel.checkQueue(queue)));
      return true;
    } catch (error) {
      if (codeOf(error) === notFound) return false;
      throw error;
    }
  };
  for (const { group } of groups) {
    const hasFirst = await exists(queueOf(prefix, group, 0));
    const hasTooFew = hasFirst && !(await exists(queueOf(prefix, group, partitions - 1)));
    if (!hasTooFew && !(await exists(queueOf(prefix, group, partitions)))) continue;
    throw new TopologyMismatchError(
      `RabbitMQ has ${hasTooFew ? 'fewer' : 'more'} than ${partitions} queues of the group ${group}, and the log has ${partitions} partitions: they must agree. ` +
        `Let the group read them to the end, delete the queues ${queueOf(prefix, group, 0)}, …, and start again.`,
    );
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
