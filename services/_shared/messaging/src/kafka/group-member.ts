import type { Topic } from '@checkout/contracts';
import type { Clock } from '@checkout/kernel';
import type { Logger } from '@checkout/runtime';
import { dataStreams } from '@checkout/telemetry';
import type { Consumer, Kafka } from 'kafkajs';
import type { Subscription } from '../bus.port.ts';
import { createAssigner } from './assigner.ts';
import type { ConnectionLog } from '../broker/connection-log.ts';
import { whenAborted } from '../when-aborted.ts';
import { createPartitionLanes, type Origin, type Position } from './partition-lanes.ts';

export type GroupMemberDeps = {
  readonly client: Kafka;
  readonly subscription: Subscription;
  readonly prefix: string;
  /** Of every topic. */
  readonly partitions: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly connection: ConnectionLog;
};

/** A process's place in a consumer group. */
export type GroupMember = {
  start(): void;
  /** Takes no new delivery, waits for those in hand, commits and leaves the group. */
  stop(): Promise<void>;
  /** The record that a message in hand was read from. */
  originOf(messageId: string): Origin | undefined;
};

/**
 * A member that is not heard of for so long has died. The least that brokers allow by default: also after a restart of the
 * broker itself, the group waits this long for members that it remembers and that have joined anew.
 */
const sessionTimeoutMs = 6_000;
const heartbeatIntervalMs = 1_000;
/** A member that lives and does not come back to the group within this time is left out. */
const rebalanceTimeoutMs = 10_000;
/** How long a fetch waits for messages; also how long a resumed partition and a stop wait for the fetch before them. */
const fetchWaitMs = 500;
/**
 * Between a fetch that found something and the next. kafkajs asks for every partition in every fetch, which costs more than
 * fifty messages do: with the pause, 500 messages a second cost 40 % less.
 */
const fetchPauseMs = 5;
/** A record keeps the whole fetch that it came in, until it is done. */
const maxFetchBytes = 512 * 1_024;
const maxFetchBytesPerPartition = 64 * 1_024;
/** After a crash, a member handles again what it did within this time. */
const commitIntervalMs = 200;
const rejoinBaseMs = 100;
const rejoinCapMs = 2_000;

/**
 * Joins the group, again and again whatever happens, until it is told to stop: kafkajs' own restart gives up for good on
 * errors that it takes for final, of which an outage has many.
 */
export function createGroupMember(deps: GroupMemberDeps): GroupMember {
  const { client, subscription, prefix, partitions, clock, logger, connection } = deps;
  const { group, topics } = subscription;
  const names = topics.map((topic) => prefix + topic);
  const topicOfName = (name: string) => name.slice(prefix.length) as Topic;
  const stopping = new AbortController();
  let current: Consumer | undefined;
  let running: Promise<unknown> = Promise.resolve();

  const lanes = createPartitionLanes({
    subscription,
    partitions,
    clock,
    logger,
    faucet: {
      pause: ({ topic, partition }) => current?.pause([{ topic: prefix + topic, partitions: [partition] }]),
      resume: ({ topic, partition }) => current?.resume([{ topic: prefix + topic, partitions: [partition] }]),
    },
  });

  /** @returns whether the group still knows this member, as far as was learnt */
  const commit = async (consumer: Consumer): Promise<boolean> => {
    const moved = lanes.takeMoved();
    if (moved.length === 0) return true;
    try {
      await consumer.commitOffsets(
        moved.map(({ topic, partition, offset }) => ({ topic: prefix + topic, partition, offset: String(offset) })),
      );
      return true;
    } catch (error) {
      lanes.giveBack(moved);
      logger.debug('offsets will be committed later', { group, err: error });
      return !saysUnknownMember(error);
    }
  };

  /** @returns why the membership is over, when the group has not known this member for long and kafkajs does not notice */
  const commitUntil = async (consumer: Consumer, over: AbortSignal): Promise<Error | undefined> => {
    let knownAt = clock.monotonic();
    for (;;) {
      await clock.sleep(commitIntervalMs, over);
      if (over.aborted) return undefined;
      if (await commit(consumer)) knownAt = clock.monotonic();
      // Its heartbeats follow the wall clock: when that is set back by an hour, there are none for an hour.
      else if (clock.monotonic() - knownAt > sessionTimeoutMs)
        return new Error(`${group} does not know its member any more`);
    }
  };

  let pausing: Promise<void> | undefined;
  const pause = (): Promise<void> => {
    pausing ??= clock.sleep(fetchPauseMs).then(() => {
      pausing = undefined;
    });
    return pausing;
  };

  const join = async (consumer: Consumer): Promise<{ readonly crashed: Promise<Error> }> => {
    const crashed = Promise.withResolvers<Error>();
    const { GROUP_JOIN, REBALANCING, CRASH } = consumer.events;
    consumer.on(CRASH, ({ payload }) => crashed.resolve(payload.error));
    consumer.on(REBALANCING, () => {
      if (consumer !== current) return;
      // The broker still takes the offsets of the old round until the new one is complete. The lanes stay until then: where
      // joining anew fails, kafkajs goes on fetching behind what they hold.
      void commit(consumer);
    });
    consumer.on(GROUP_JOIN, ({ payload }) => {
      if (consumer !== current) return;
      connection.isBack();
      logger.info('joined the consumer group', { group, count: countOf(payload.memberAssignment) });
      resumeAt(consumer, lanes.assign(partitionsOf(payload.memberAssignment, topicOfName)));
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [...names], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      // The pause behind a fetch is one for all of its batches.
      partitionsConsumedConcurrently: topics.length * partitions,
      eachBatchAutoResolve: false,
      async eachBatch(fetched) {
        if (consumer !== current || !fetched.isRunning() || fetched.isStale() || stopping.signal.aborted) return;
        const { topic, partition, messages } = fetched.batch;
        const streams = dataStreams();
        if (streams) for (const { headers = {} } of messages) streams.consumed('kafka', topic, headers);
        lanes.push({ topic: topicOfName(topic), partition }, messages);
        // Only where the next fetch begins: what is committed is what the lanes have done.
        fetched.resolveOffset(fetched.batch.lastOffset());
        await pause();
      },
    });
    return { crashed: crashed.promise };
  };

  /** Where the member's own partitions stand is known better here than at the broker. */
  const resumeAt = (consumer: Consumer, positions: readonly Position[]) => {
    consumer.resume(names.map((topic) => ({ topic })));
    for (const { topic, partition, offset } of positions) {
      consumer.seek({ topic: prefix + topic, partition, offset: String(offset) });
    }
  };

  /** One membership, from joining until it breaks or is told to end. */
  const takePart = async () => {
    const consumer = client.consumer({
      groupId: prefix + group,
      partitionAssigners: [createAssigner(partitions)],
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: heartbeatIntervalMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      maxWaitTimeInMs: fetchWaitMs,
      maxBytes: maxFetchBytes,
      maxBytesPerPartition: maxFetchBytesPerPartition,
      allowAutoTopicCreation: false,
    });
    const over = new AbortController();
    let committing: Promise<unknown> = Promise.resolve();
    try {
      current = consumer;
      const { crashed } = await join(consumer);
      const forgotten = commitUntil(consumer, over.signal);
      committing = forgotten;
      const stopped = whenAborted(stopping.signal, over.signal);
      const error = await Promise.race<Error | undefined>([crashed, forgotten, stopped]);
      if (error !== undefined) throw error;
      // What is in hand is waited for while the member keeps its place in the group.
      for (const topic of names) consumer.pause([{ topic }]);
      await lanes.stop();
    } finally {
      over.abort();
      await committing;
      if (stopping.signal.aborted) await commit(consumer);
      current = undefined;
      lanes.revoke();
      await consumer.disconnect().catch((error: unknown) => {
        logger.debug('a consumer did not disconnect', { group, err: error });
      });
    }
  };

  const run = async () => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const startedAt = clock.monotonic();
      try {
        await takePart();
      } catch (error) {
        connection.isAway(error as Error);
        failures = clock.monotonic() - startedAt > rejoinCapMs ? 1 : failures + 1;
        await clock.sleep(Math.min(rejoinCapMs, rejoinBaseMs * 2 ** failures), stopping.signal);
      }
    }
    await lanes.stop();
  };

  return {
    start() {
      running = run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
    originOf: (messageId) => lanes.originOf(messageId),
  };
}

type MemberAssignment = Readonly<Record<string, readonly number[]>>;

const countOf = (assignment: MemberAssignment): number => Object.values(assignment).flat().length;

const partitionsOf = (assignment: MemberAssignment, topicOfName: (name: string) => Topic) =>
  Object.entries(assignment).flatMap(([name, partitions]) =>
    partitions.map((partition) => ({ topic: topicOfName(name), partition })),
  );

/** kafkajs wraps what the broker answered. */
function saysUnknownMember(error: unknown): boolean {
  const { type, cause } = error as { readonly type?: string; readonly cause?: { readonly type?: string } };
  return type === 'UNKNOWN_MEMBER_ID' || cause?.type === 'UNKNOWN_MEMBER_ID';
}
