import type { CauseId, OrderId } from '@checkout/kernel';
import { partitionOf } from '@checkout/kernel';
import type { LogRow } from './rows.ts';
import type { AppendRequest, AppendResult, AppendUnit, KeyRecord, OffsetMove, UnitOutcome } from './units.ts';

/** What is true under the locks of the partitions that the requests touch. An adapter answers from its tables. */
export type CommitFacts = {
  /** The next free position of a partition. */
  nextPosition(partition: number): number;
  /** The version of a stream; 0 when there is none. */
  version(streamId: OrderId): number;
  /** The rows that a cause recorded on a stream; empty when it never acted. */
  rowsOfCause(streamId: OrderId, causeId: CauseId): readonly LogRow[];
  key(keyHash: string): KeyRecord | undefined;
  /** The last position that a group looked at; 0 before its first. */
  offset(move: OffsetMove): number;
  /** The database's clock, Unix milliseconds. */
  readonly now: number;
};

/** What a transaction writes, and what it answers. */
export type CommitPlan = {
  readonly rows: readonly LogRow[];
  readonly accepted: readonly AppendUnit[];
  readonly keys: readonly KeyRecord[];
  readonly offsets: readonly OffsetMove[];
  readonly nextPositions: ReadonlyMap<number, number>;
  readonly now: number;
  readonly results: readonly AppendResult[];
};

/**
 * Decides which units of a transaction fit. Pure, and the same for every adapter: that is what makes group commit safe.
 *
 * A unit that does not fit is set aside together with every later unit of its streams, because those were decided on a
 * state that did not come about, even where their expected version happens to match. Within its request the same goes for
 * a later unit that takes a message of such a stream out of the flow.
 *
 * @throws Error for a unit that no caller may build: a stream named twice, a value that is absent.
 */
export function planCommit(requests: readonly AppendRequest[], facts: CommitFacts, partitions: number): CommitPlan {
  const rowsByStream = new Map<OrderId, LogRow[]>();
  const rows: LogRow[] = [];
  const accepted: AppendUnit[] = [];
  const keys: KeyRecord[] = [];
  const offsets: OffsetMove[] = [];
  const versions = new Map<OrderId, number>();
  const nextPositions = new Map<number, number>();
  const setAside = new Set<OrderId>();

  const versionOf = (streamId: OrderId) => versions.get(streamId) ?? facts.version(streamId);
  const rowsOfCause = (streamId: OrderId, causeId: CauseId) => {
    const recorded = facts.rowsOfCause(streamId, causeId);
    return recorded.length > 0 ? recorded : (rowsByStream.get(streamId) ?? []).filter((row) => row.causeId === causeId);
  };

  const misfit = (unit: AppendUnit, setAsideInRequest: ReadonlySet<OrderId>): UnitOutcome | undefined => {
    const recorded = unit.streams.flatMap(({ streamId }) => rowsOfCause(streamId, unit.cause.id));
    if (recorded.length > 0) return { kind: 'duplicate', rows: recorded };
    const { key } = unit;
    const holder = key && (keys.find((other) => other.keyHash === key.keyHash) ?? facts.key(key.keyHash));
    if (holder) return { kind: 'key-taken', record: holder };
    const moved = unit.streams.find(
      ({ streamId, expectedVersion }) => setAside.has(streamId) || versionOf(streamId) !== expectedVersion,
    );
    if (moved) return { kind: 'conflict', streamId: moved.streamId };
    // Parked by a handler that saw what an earlier unit of the request would have led to: it would overtake that one.
    const overtaken = unit.deadLetters?.find(
      ({ orderId }) => orderId !== null && setAsideInRequest.has(orderId),
    )?.orderId;
    return overtaken ? { kind: 'conflict', streamId: overtaken } : undefined;
  };

  const accept = (unit: AppendUnit): UnitOutcome => {
    const recorded: LogRow[] = [];
    for (const { streamId, expectedVersion, events } of unit.streams) {
      if (events.length === 0) continue;
      const partition = partitionOf(streamId, partitions);
      let position = nextPositions.get(partition) ?? facts.nextPosition(partition);
      events.forEach((event, index) => {
        recorded.push({
          partition,
          position,
          streamId,
          version: expectedVersion + index + 1,
          type: event.type,
          data: event.data,
          emits: event.emits ?? [],
          ...(event.timer === undefined ? {} : { timer: event.timer }),
          causeId: unit.cause.id,
          causeIndex: index,
          correlationId: unit.cause.correlationId ?? streamId,
          traceparent: unit.cause.traceparent,
          recordedAt: facts.now,
        });
        position += 1;
      });
      nextPositions.set(partition, position);
      versions.set(streamId, expectedVersion + events.length);
    }
    rows.push(...recorded);
    for (const row of recorded) {
      const ofStream = rowsByStream.get(row.streamId);
      if (ofStream) ofStream.push(row);
      else rowsByStream.set(row.streamId, [row]);
    }
    accepted.push(unit);
    if (unit.key) keys.push({ ...unit.key, createdAt: facts.now });
    return { kind: 'appended', rows: recorded };
  };

  const results = requests.map((request): AppendResult => {
    const setAsideInRequest = new Set<OrderId>();
    const outcomes = request.units.map((unit) => {
      refuseDefects(unit);
      const outcome = misfit(unit, setAsideInRequest);
      if (outcome === undefined) return accept(unit);
      for (const { streamId } of unit.streams) {
        setAside.add(streamId);
        setAsideInRequest.add(streamId);
      }
      return outcome;
    });
    return { outcomes, offsets: planOffsets(request, outcomes, facts, offsets) };
  });
  return { rows, accepted, keys, offsets, nextPositions, now: facts.now, results };
}

/** What would corrupt the log in one adapter and fail in another fails in all, before anything is written. */
function refuseDefects({ streams, deadLetters = [] }: AppendUnit): void {
  for (const [index, { streamId, events, readModel }] of streams.entries()) {
    if (streams.findIndex((other) => other.streamId === streamId) !== index) {
      throw new Error(`a unit names stream ${streamId} twice`);
    }
    const absent = events.find((event) => event.data === undefined);
    if (absent) throw new TypeError(`event ${absent.type} has no data`);
    if (readModel.view === undefined) throw new TypeError(`the read model of stream ${streamId} has no view`);
  }
  const empty = deadLetters.find((letter) => letter.message === undefined);
  if (empty) throw new TypeError(`dead letter ${empty.messageId} has no message`);
}

/** Adds the request's moves to `planned` when all of its units are recorded and nobody else has moved them. */
function planOffsets(
  request: AppendRequest,
  outcomes: readonly UnitOutcome[],
  facts: CommitFacts,
  planned: OffsetMove[],
): AppendResult['offsets'] {
  const moves = request.offsets ?? [];
  if (moves.length === 0) return 'none';
  if (!outcomes.every((outcome) => outcome.kind === 'appended' || outcome.kind === 'duplicate')) return 'withheld';
  const current = (move: OffsetMove) =>
    planned.findLast(
      (other) => other.group === move.group && other.logId === move.logId && other.partition === move.partition,
    )?.to ?? facts.offset(move);
  if (moves.some((move) => current(move) !== move.from)) return 'stale';
  planned.push(...moves);
  return 'moved';
}
