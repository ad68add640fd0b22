import type { RawMessage, Topic } from '@checkout/contracts';
import { type Clock, partitionOf } from '@checkout/kernel';
import type { Logger } from '@checkout/runtime';
import { decodeRecord, describeForeign, type Foreign, type ReceivedRecord } from '../broker/wire.ts';
import type { Subscription } from '../bus.port.ts';

/** As in the embedded bus: group commit joins the partitions' batches, so a bigger one would save little. */
const maxMessagesPerDelivery = 16;
/** Records looked at for one delivery, most of which may concern somebody else. */
const maxRecordsPerDelivery = 256;
/** Records of one topic's partition that wait here; with more, no more are fetched until half of them are done. */
const maxWaitingRecords = 1_024;
const maxWaitingBytes = 1_024 * 1_024;
const retryBaseMs = 50;
const retryCapMs = 10_000;

export type TopicPartition = { readonly topic: Topic; readonly partition: number };
/** The offset of the first record that is not done. */
export type Position = TopicPartition & { readonly offset: number };
/** A record as it was fetched. */
export type FetchedRecord = ReceivedRecord & { readonly offset: string; readonly timestamp: string };
/** Where a record came from, for the copy of a dead letter. */
export type Origin = TopicPartition & { readonly record: FetchedRecord };

/** How the lanes hold back the fetching of what they cannot take. */
export type Faucet = { pause(from: TopicPartition): void; resume(from: TopicPartition): void };

export type PartitionLanes = {
  /** Takes what was fetched of a topic's partition. */
  push(from: TopicPartition, records: readonly FetchedRecord[]): void;
  /**
   * The member has these partitions now. What waited is dropped, because it is fetched again.
   * @returns where partitions stand that were the member's before: fetching goes on there
   */
  assign(assigned: readonly TopicPartition[]): readonly Position[];
  /** The member has no partition any more, or is about to lose some: what is in hand is no longer its own to commit. */
  revoke(): void;
  /** Positions that moved since they were asked for. */
  takeMoved(): readonly Position[];
  /** Positions that were taken and could not be committed. */
  giveBack(positions: readonly Position[]): void;
  /** The record that a message in hand was read from. */
  originOf(messageId: string): Origin | undefined;
  /** Takes no new delivery, and waits for those in hand. */
  stop(): Promise<void>;
};

export type PartitionLanesDeps = {
  readonly subscription: Subscription;
  /** Of every topic. */
  readonly partitions: number;
  readonly faucet: Faucet;
  readonly clock: Clock;
  readonly logger: Logger;
};

type Entry = { readonly from: TopicPartition; readonly offset: number; readonly record: FetchedRecord };
type Lane = { readonly waiting: Entry[]; isRevoked: boolean };
/** What waits of one topic's partition, and where it stands. */
type Source = {
  readonly from: TopicPartition;
  position: number;
  hasMoved: boolean;
  waiting: number;
  bytes: number;
  isPaused: boolean;
};

/**
 * One lane per partition for all topics of a group: deliveries of a partition come one after the other, whichever topic
 * they are of, and no partition waits for another one. A fetch never waits for a handler, since kafkajs fetches nothing
 * for anybody while one handler of a fetch is at work.
 */
export function createPartitionLanes(deps: PartitionLanesDeps): PartitionLanes {
  const { subscription, partitions, faucet, clock, logger } = deps;
  const { group } = subscription;
  const stopping = new AbortController();
  const lanes = new Map<number, Lane>();
  const sources = new Map<string, Source>();
  const loops = new Map<number, Promise<void>>();
  const inHand = new Map<string, Origin>();

  const laneOf = (partition: number): Lane => {
    const lane = lanes.get(partition) ?? { waiting: [], isRevoked: false };
    lanes.set(partition, lane);
    return lane;
  };

  const read = ({ from, record }: Entry): RawMessage | Foreign => {
    const message = decodeRecord(from.topic, record);
    if ('foreign' in message || partitionOf(message.orderId, partitions) === from.partition) return message;
    return { foreign: `its order belongs in partition ${partitionOf(message.orderId, partitions)}` };
  };

  /** What comes next of a lane: looked at, and what of it the group handles. */
  const gather = (lane: Lane) => {
    const looked: Entry[] = [];
    const messages: RawMessage[] = [];
    const foreign: { readonly entry: Entry; readonly why: Foreign }[] = [];
    for (const entry of lane.waiting.slice(0, maxRecordsPerDelivery)) {
      const message = read(entry);
      if ('foreign' in message) foreign.push({ entry, why: message });
      else {
        try {
          if (subscription.accepts(message)) {
            messages.push(message);
            inHand.set(message.id, { ...entry.from, record: entry.record });
          }
        } catch (error) {
          // What this process does not know yet waits, and all that is behind it; what is before it does not.
          if (looked.length === 0) throw error;
          break;
        }
      }
      looked.push(entry);
      if (messages.length >= maxMessagesPerDelivery) break;
    }
    return { looked, messages, foreign };
  };

  const parkForeign = async ({ from, offset, record }: Entry, why: Foreign) => {
    const { topic, partition } = from;
    const id = `${topic}/${partition}/${offset}`;
    if (subscription.parkForeign === undefined) {
      logger.warn('foreign record passed by', { group, messageId: id, reason: why.foreign });
      return;
    }
    inHand.set(id, { topic, partition, record });
    await subscription.parkForeign(describeForeign(id, topic, why, record));
  };

  const pass = (lane: Lane, looked: readonly Entry[]) => {
    lane.waiting.splice(0, looked.length);
    for (const { from, offset, record } of looked) {
      const source = sourceOf(from, offset);
      source.position = offset + 1;
      source.hasMoved = true;
      source.waiting -= 1;
      source.bytes -= sizeOf(record);
      if (source.isPaused && source.waiting <= maxWaitingRecords / 2 && source.bytes <= maxWaitingBytes / 2) {
        source.isPaused = false;
        faucet.resume(from);
      }
    }
  };

  const step = async (lane: Lane, partition: number) => {
    const { looked, messages, foreign } = gather(lane);
    try {
      for (const { entry, why } of foreign) await parkForeign(entry, why);
      const handled = messages.length === 0 || (await subscription.handle({ partition, messages, offsets: [] }));
      if (handled !== 'stale' && !lane.isRevoked) pass(lane, looked);
    } finally {
      for (const { id } of messages) inHand.delete(id);
      for (const { entry } of foreign) inHand.delete(`${entry.from.topic}/${entry.from.partition}/${entry.offset}`);
    }
  };

  const run = async (partition: number) => {
    let failures = 0;
    for (;;) {
      const lane = laneOf(partition);
      if (lane.waiting.length === 0 || stopping.signal.aborted) return;
      try {
        await step(lane, partition);
        failures = 0;
      } catch (error) {
        failures += 1;
        logger.warn('delivery will be tried again', { group, partition, attempt: failures, err: error });
        await clock.sleep(Math.min(retryCapMs, retryBaseMs * 2 ** failures), stopping.signal);
      }
    }
  };

  const wake = (partition: number) => {
    if (stopping.signal.aborted || loops.has(partition)) return;
    const loop = run(partition).finally(() => {
      loops.delete(partition);
      if (laneOf(partition).waiting.length > 0) wake(partition);
    });
    loops.set(partition, loop);
  };

  const sourceOf = (from: TopicPartition, offset: number): Source => {
    const key = keyOf(from);
    const source = sources.get(key) ?? {
      from,
      position: offset,
      hasMoved: false,
      waiting: 0,
      bytes: 0,
      isPaused: false,
    };
    sources.set(key, source);
    return source;
  };

  const revoke = () => {
    for (const lane of lanes.values()) lane.isRevoked = true;
    lanes.clear();
    for (const source of sources.values()) {
      source.waiting = 0;
      source.bytes = 0;
      source.isPaused = false;
    }
  };

  return {
    push(from, records) {
      if (stopping.signal.aborted) return;
      const { waiting } = laneOf(from.partition);
      for (const record of records) {
        const offset = Number(record.offset);
        const source = sourceOf(from, offset);
        waiting.push({ from, offset, record });
        source.waiting += 1;
        source.bytes += sizeOf(record);
        if (!source.isPaused && (source.waiting >= maxWaitingRecords || source.bytes >= maxWaitingBytes)) {
          source.isPaused = true;
          faucet.pause(from);
        }
      }
      wake(from.partition);
    },
    assign(assigned) {
      revoke();
      const kept = assigned.flatMap((from) => {
        const source = sources.get(keyOf(from));
        return source === undefined ? [] : [{ key: keyOf(from), source }];
      });
      sources.clear();
      for (const { key, source } of kept) sources.set(key, source);
      return kept.map(({ source }) => positionOf(source));
    },
    revoke,
    takeMoved() {
      const moved = [...sources.values()].filter(({ hasMoved }) => hasMoved);
      for (const source of moved) source.hasMoved = false;
      return moved.map(positionOf);
    },
    giveBack(positions) {
      for (const position of positions) {
        const source = sources.get(keyOf(position));
        if (source) source.hasMoved = true;
      }
    },
    originOf: (messageId) => inHand.get(messageId),
    async stop() {
      stopping.abort();
      await Promise.all(loops.values());
    },
  };
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

const positionOf = ({ from, position }: Source): Position => ({ ...from, offset: position });

const sizeOf = ({ value }: FetchedRecord): number => value?.length ?? 0;
