import type { OrderId } from '@checkout/kernel';
import type { StreamTimer } from '../storage.port.ts';
import type { OffsetMove } from '../units.ts';
import { offsetPlaceOf } from './offset-place.ts';

/** A stream as a commit left it. */
export type StreamEnd = { readonly version: number; readonly timer: StreamTimer | null };

/** What a commit of this process saw under its locks, and left behind. */
export type Learned = {
  /** Next positions as they were found, by partition, and as they are now. */
  readonly heads: Iterable<{ readonly partition: number; readonly found: number; readonly next: number }>;
  readonly streams: Iterable<readonly [OrderId, StreamEnd]>;
  readonly offsets: readonly OffsetMove[];
};

/**
 * What this process's own commits left behind since it connected. True for as long as nobody else commits to the same
 * partitions, so it is a guess that the database has to confirm in the transaction that relies on it.
 */
export type CommitMemory = {
  /** The next position of a partition; `undefined` also where somebody else has written since our last commit but one. */
  head(partition: number): number | undefined;
  stream(streamId: OrderId): StreamEnd | undefined;
  offset(move: OffsetMove): number | undefined;
  learn(learned: Learned): void;
  /** Another server may answer from now on. */
  forget(): void;
};

/** Streams that are remembered: as many as services keep the state of. */
const maxStreams = 10_000;

export function createCommitMemory(): CommitMemory {
  const heads = new Map<number, { readonly next: number; readonly isOurs: boolean }>();
  const streams = new Map<OrderId, StreamEnd>();
  const offsets = new Map<string, number>();

  return {
    head(partition) {
      const head = heads.get(partition);
      return head?.isOurs === true ? head.next : undefined;
    },
    stream: (streamId) => streams.get(streamId),
    offset: (move) => offsets.get(offsetPlaceOf(move)),
    learn(learned) {
      for (const { partition, found, next } of learned.heads) {
        const known = heads.get(partition)?.next;
        heads.set(partition, { next, isOurs: known === undefined || known === found });
      }
      for (const [streamId, end] of learned.streams) {
        streams.delete(streamId);
        streams.set(streamId, end);
      }
      for (const streamId of streams.keys()) {
        if (streams.size <= maxStreams) break;
        streams.delete(streamId);
      }
      for (const move of learned.offsets) offsets.set(offsetPlaceOf(move), move.to);
    },
    forget() {
      heads.clear();
      streams.clear();
      offsets.clear();
    },
  };
}
