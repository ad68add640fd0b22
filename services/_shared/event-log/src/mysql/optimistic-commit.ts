import type { OrderId } from '@checkout/kernel';
import { partitionOf } from '@checkout/kernel';
import { type CommitFacts, type CommitPlan, planCommit } from '../plan-commit.ts';
import type { ReadModelTable } from '../storage.port.ts';
import type { AppendRequest, OffsetMove } from '../units.ts';
import type { Committed } from './commit.ts';
import type { CommitMemory, StreamEnd } from './commit-memory.ts';
import {
  insert,
  insertKeys,
  insertRows,
  upsertReadModel,
  type WrittenStream,
  writtenStreams,
} from './commit-writes.ts';
import { nowMs } from './database-clock.ts';
import { offsetKeyOf, offsetPlaceOf } from './offset-place.ts';
import { type SqlPart, sqlExpression, sqlText } from './sql-text.ts';
import type { WritesAtOnce } from './transaction.ts';

/**
 * The same commit as `commitTransaction` makes, written from what this process's own last commits left behind. Half of the
 * statements and of the round trips, and the common case: a partition has one consumer, and what it commits follows from what
 * it committed last.
 *
 * It holds nothing to be true that the database does not confirm: the heads are moved first, each from where it is thought to
 * be, so that a commit of anybody else makes the transaction fail before anything is written, and holds everybody else off
 * until it is over. The unique indexes know of causes and keys; offsets are moved like heads.
 *
 * @returns `undefined` when something is not known, or some unit would be set aside: that needs an answer read under the locks
 */
export function optimisticCommit(
  requests: readonly AppendRequest[],
  memory: CommitMemory,
  { table, partitions }: { readonly table: ReadModelTable; readonly partitions: number },
): WritesAtOnce<Committed> | undefined {
  const facts = recalledFacts(requests, memory, partitions);
  if (facts === undefined) return undefined;
  const plan = planCommit(requests, facts, partitions);
  if (!plan.results.every(({ outcomes, offsets }) => isClean(outcomes) && offsets !== 'stale')) return undefined;
  const written = writtenStreams(plan, (streamId) => memory.stream(streamId)?.timer ?? null);
  const touched = [...plan.nextPositions.keys()].toSorted((a, b) => a - b);
  return {
    statements: [
      ...moveHeads(touched, plan, facts),
      // Behind the locks, so that times do not go back within a partition.
      `SET @now = ${nowMs}`,
      ...insertRows(plan, sinceNow),
      ...insertKeys(plan, sinceNow),
      ...moveOffsets(plan.offsets),
      ...upsertReadModel(table, written, sinceNow),
    ],
    question: 'SELECT @now AS now',
    settle([row]) {
      const now = row?.['now'] as number;
      return {
        results: planCommit(requests, { ...facts, now }, partitions).results,
        learned: {
          heads: touched.map((partition) => ({
            partition,
            found: facts.nextPosition(partition),
            next: plan.nextPositions.get(partition) as number,
          })),
          streams: [...written].map(([streamId, stream]) => [streamId, endOf(stream, now)] as const),
          offsets: plan.offsets,
        },
      };
    },
  };
}

const isClean = (outcomes: Committed['results'][number]['outcomes']) =>
  outcomes.every(({ kind }) => kind === 'appended');

/** Times in the plan of such a commit count from its own, which the server knows. */
const sinceNow = (ms: number): SqlPart => sqlExpression(ms === 0 ? '@now' : `@now + ${ms}`);

function endOf({ version, timer, isTimerNew }: WrittenStream, now: number): StreamEnd {
  return { version, timer: timer !== null && isTimerNew ? { ...timer, dueAt: timer.dueAt + now } : timer };
}

/** `undefined` when something is not known. */
function recalledFacts(
  requests: readonly AppendRequest[],
  memory: CommitMemory,
  partitions: number,
): CommitFacts | undefined {
  const heads = new Map<number, number>();
  const versions = new Map<OrderId, number>();
  for (const { units, offsets = [] } of requests) {
    if (offsets.some((move) => memory.offset(move) === undefined)) return undefined;
    for (const { streams, deadLetters = [], deadLetterChanges = [] } of units) {
      // Without events nothing would be moved that guards it.
      if (deadLetters.length + deadLetterChanges.length > 0) return undefined;
      for (const { streamId, events } of streams) {
        const partition = partitionOf(streamId, partitions);
        const head = memory.head(partition);
        if (head === undefined || events.length === 0) return undefined;
        heads.set(partition, head);
        // One that is not known is taken to begin: if it is there all the same, its first row is in the way of ours.
        versions.set(streamId, memory.stream(streamId)?.version ?? 0);
      }
    }
  }
  return {
    now: 0,
    nextPosition(partition) {
      const next = heads.get(partition);
      if (next === undefined) throw new Error(`the head of partition ${partition} was not recalled`);
      return next;
    },
    version: (streamId) => versions.get(streamId) ?? 0,
    rowsOfCause: () => [],
    key: () => undefined,
    offset: (move) => memory.offset(move) ?? 0,
  };
}

/** In ascending order, as everybody locks them. NULL is refused by the column, and the transaction with it. */
function moveHeads(touched: readonly number[], plan: CommitPlan, facts: CommitFacts): readonly string[] {
  if (touched.length === 0) return [];
  const moves = touched.map(
    (partition) =>
      `WHEN ${partition} THEN IF(next_position = ${facts.nextPosition(partition)}, ${plan.nextPositions.get(partition)}, NULL)`,
  );
  return [
    sqlText(
      `UPDATE log_head FORCE INDEX (PRIMARY) SET next_position = CASE partition_no ${moves.join(' ')} END
       WHERE partition_no IN (?) ORDER BY partition_no`,
      [touched],
    ),
  ];
}

/** Several moves of one place are one, from where the first begins. */
function moveOffsets(offsets: readonly OffsetMove[]): readonly string[] {
  const places = new Map<string, { readonly key: readonly SqlPart[]; readonly from: number; readonly to: number }>();
  for (const move of offsets) {
    const name = offsetPlaceOf(move);
    places.set(name, { key: offsetKeyOf(move), from: places.get(name)?.from ?? move.from, to: move.to });
  }
  const moves = [...places].map(([name, { from }]) =>
    sqlText('WHEN ? THEN IF(consumer_offset.position = ?, new.position, NULL)', [name, from]),
  );
  return insert(
    'consumer_offset',
    [...places].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, { key, to }]) => [...key, to]),
    `AS new ON DUPLICATE KEY UPDATE position =
     CASE CONCAT_WS(' ', consumer_offset.consumer_group, consumer_offset.log_id, consumer_offset.partition_no) ${moves.join(' ')} END`,
  );
}
