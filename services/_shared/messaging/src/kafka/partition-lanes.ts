import type { Topic } from '@checkout/contracts';
import type { Clock } from '@checkout/kernel';
import type { Logger } from '@checkout/runtime';
import { createLanes, type EntryReader } from '../broker/lanes.ts';
import { decodeRecord, type ReceivedRecord } from '../broker/wire.ts';
import type { Subscription } from '../bus.port.ts';

/**
 * Records that wait here, of all topics' partitions together: what an outage left at the broker has to fit into memory. Each of them has
 * its share, so that one whose handler is held up takes nothing from the others; with more, no more of it are fetched until half of
 * them are done.
 */
const maxWaitingRecords = 4_096;
const maxWaitingBytes = 8 * 1_024 * 1_024;

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
 * Lanes for all topics of a group: deliveries of a partition come one after the other, whichever topic they are of. A fetch
 * never waits for a handler, since kafkajs fetches nothing for anybody while one handler of a fetch is at work.
 */
export function createPartitionLanes(deps: PartitionLanesDeps): PartitionLanes {
  const { subscription, partitions, faucet, clock, logger } = deps;
  const sources = new Map<string, Source>();
  const sourcesAtMost = subscription.topics.length * partitions;
  const most = { records: maxWaitingRecords / sourcesAtMost, bytes: maxWaitingBytes / sourcesAtMost };

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

  const reader: EntryReader<Entry, Origin> = {
    read: ({ from, record }) => decodeRecord(from.topic, record),
    describe: ({ from, offset, record }) => ({ id: `${keyOf(from)}/${offset}`, topic: from.topic, record }),
    originOf: ({ from, record }) => ({ ...from, record }),
    done({ from, offset, record }) {
      const source = sourceOf(from, offset);
      source.position = offset + 1;
      source.hasMoved = true;
      source.waiting -= 1;
      source.bytes -= sizeOf(record);
      if (source.isPaused && source.waiting <= most.records / 2 && source.bytes <= most.bytes / 2) {
        source.isPaused = false;
        faucet.resume(from);
      }
    },
  };
  const lanes = createLanes({ subscription, partitions, reader, clock, logger });

  const revoke = () => {
    lanes.reset();
    for (const source of sources.values()) {
      source.waiting = 0;
      source.bytes = 0;
      source.isPaused = false;
    }
  };

  return {
    push(from, records) {
      const entries = records.map((record) => ({ from, offset: Number(record.offset), record }));
      for (const { offset, record } of entries) {
        const source = sourceOf(from, offset);
        source.waiting += 1;
        source.bytes += sizeOf(record);
        if (!source.isPaused && (source.waiting >= most.records || source.bytes >= most.bytes)) {
          source.isPaused = true;
          faucet.pause(from);
        }
      }
      lanes.push(from.partition, entries);
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
    originOf: (messageId) => lanes.originOf(messageId),
    stop: () => lanes.stop(),
  };
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

const positionOf = ({ from, position }: Source): Position => ({ ...from, offset: position });

const sizeOf = ({ value }: FetchedRecord): number => value?.length ?? 0;
