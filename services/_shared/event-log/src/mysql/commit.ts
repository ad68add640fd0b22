import { partitionOf, type CauseId, type OrderId } from '@checkout/kernel';
import { type CommitFacts, type CommitPlan, planCommit } from '../plan-commit.ts';
import { causeBlob, decodeKey, decodeLogRow, decodeTimer, type SqlRow, streamBlob, streamIdOf } from '../sql-rows.ts';
import type { ReadModelTable, StreamTimer } from '../storage.port.ts';
import type { AppendRequest, AppendResult, OffsetMove } from '../units.ts';
import type { Learned } from './commit-memory.ts';
import {
  deadLetterStatements,
  insert,
  insertKeys,
  insertRows,
  upsertReadModel,
  type WrittenStream,
  writtenStreams,
} from './commit-writes.ts';
import { nowMs } from './database-clock.ts';
import { offsetKeyOf, offsetPlaceOf } from './offset-place.ts';
import { type Answers, createQuestions } from './questions.ts';
import type { Writes } from './transaction.ts';

/**
 * The hot transaction when nothing is known beforehand, as text: what it asks under the locks, and what it writes once that is
 * answered. By hand, because each is one round trip, however many units there are.
 */
export type CommitTransaction = {
  readonly questions: readonly string[];
  readonly decide: (answers: Answers) => Writes<Committed>;
};

/** What a commit answers, and what it leaves behind. */
export type Committed = { readonly results: readonly AppendResult[]; readonly learned: Learned };

/** @throws TypeError for a value that JSON cannot hold; thrown by `decide`, so that the transaction is rolled back */
export function commitTransaction(
  requests: readonly AppendRequest[],
  { table, partitions }: { readonly table: ReadModelTable; readonly partitions: number },
): CommitTransaction {
  const units = requests.flatMap((request) => request.units);
  const streams = units.flatMap((unit) => unit.streams);
  const ids = [...new Set(streams.map(({ streamId }) => streamId))];
  const moves = requests.flatMap((request) => request.offsets ?? []);
  const { texts, ask, askAbout } = createQuestions();

  // Ascending, and by the primary key: without the hint a wide IN scans, and waits for partitions that it did not ask for.
  const touched = [...new Set(ids.map((id) => partitionOf(id, partitions)))].toSorted((a, b) => a - b);
  const heads = askAbout(
    touched,
    `SELECT partition_no, next_position, ${nowMs} AS now FROM log_head FORCE INDEX (PRIMARY)
     WHERE partition_no IN (?) ORDER BY partition_no FOR UPDATE`,
  );
  // Offsets of one group may come from instances whose units touch different partitions: they have locks of their own. A
  // group's first offset has no row yet that could be locked.
  const places = byPlace(moves);
  askAbout(
    places.filter(({ from }) => from === 0).map((move) => [...offsetKeyOf(move), 0]),
    `INSERT INTO consumer_offset VALUES ? ON DUPLICATE KEY UPDATE position = position`,
  );
  const offsets = askAbout(
    places.map(offsetKeyOf),
    `SELECT * FROM consumer_offset FORCE INDEX (PRIMARY) WHERE (consumer_group, log_id, partition_no) IN (?)
     ORDER BY consumer_group, log_id, partition_no FOR UPDATE`,
  );
  const clock = touched.length > 0 ? heads : ask(`SELECT ${nowMs} AS now`);
  const current = askAbout(
    ids.map(streamBlob),
    `SELECT id, version, due_at, timer_kind, timer_version FROM ${table.name} WHERE id IN (?)`,
  );
  const recorded = askAbout(
    units.flatMap((unit) => unit.streams.map(({ streamId }) => [streamBlob(streamId), causeBlob(unit.cause.id)])),
    'SELECT * FROM log WHERE (stream_id, cause_id) IN (?)',
  );
  const keys = askAbout(
    units.flatMap((unit) => (unit.key === undefined ? [] : [unit.key.keyHash])),
    'SELECT * FROM idempotency_key WHERE key_hash IN (?)',
  );

  return {
    questions: texts,
    decide(answers) {
      // One row for each stream, as it was before this commit.
      const recordedStreams = new Map(current(answers).map((row) => [streamIdOf(row['id']), row]));
      const facts = factsFrom(recordedStreams, {
        heads: heads(answers),
        clock: clock(answers),
        recorded: recorded(answers),
        keys: keys(answers),
        offsets: offsets(answers),
      });
      const plan = planCommit(requests, facts, partitions);
      const written = writtenStreams(plan, (streamId) => timerOf(recordedStreams.get(streamId)));
      const learned = {
        heads: touched.map((partition) => {
          const found = facts.nextPosition(partition);
          return { partition, found, next: plan.nextPositions.get(partition) ?? found };
        }),
        streams: written,
        offsets: plan.offsets,
      };
      return { statements: statementsOf(plan, table, written), value: { results: plan.results, learned } };
    },
  };
}

/** The same order everywhere, so that two transactions do not wait for each other. */
function byPlace(moves: readonly OffsetMove[]): readonly OffsetMove[] {
  const places = new Map(moves.map((move) => [offsetPlaceOf(move), move]));
  return [...places].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, move]) => move);
}

type FactRows = Readonly<Record<'heads' | 'clock' | 'recorded' | 'keys' | 'offsets', readonly SqlRow[]>>;

function factsFrom(
  streams: ReadonlyMap<OrderId, SqlRow>,
  { heads, clock, recorded, keys, offsets }: FactRows,
): CommitFacts {
  const nextPositions = new Map(heads.map((row) => [row['partition_no'], row['next_position'] as number]));
  // Sorted here: hardly ever is there any, and the server would prepare for many.
  const actedBefore = recorded.map(decodeLogRow).toSorted((a, b) => a.version - b.version);
  const rowsByCause = Map.groupBy(actedBefore, (row) => `${row.streamId} ${row.causeId}`);
  const records = new Map(keys.map(decodeKey).map((record) => [record.keyHash, record]));
  const positions = new Map(
    offsets.map((row) => [
      offsetPlaceOf({
        group: row['consumer_group'] as string,
        logId: row['log_id'] as string,
        partition: row['partition_no'] as number,
      }),
      row['position'] as number,
    ]),
  );
  return {
    // Read when the last lock was taken.
    now: Math.max(...clock.map((row) => row['now'] as number)),
    nextPosition(partition) {
      const next = nextPositions.get(partition);
      if (next === undefined) throw new Error(`the log has no head of partition ${partition}`);
      return next;
    },
    version: (streamId) => (streams.get(streamId)?.['version'] as number | undefined) ?? 0,
    rowsOfCause: (streamId: OrderId, causeId: CauseId) => rowsByCause.get(`${streamId} ${causeId}`) ?? [],
    key: (keyHash) => records.get(keyHash),
    offset: (move) => positions.get(offsetPlaceOf(move)) ?? 0,
  };
}

function timerOf(row: SqlRow | undefined): StreamTimer | null {
  return row === undefined || row['due_at'] === null ? null : decodeTimer(row);
}

function statementsOf(
  plan: CommitPlan,
  table: ReadModelTable,
  streams: ReadonlyMap<OrderId, WrittenStream>,
): readonly string[] {
  const known = (time: number) => time;
  return [
    ...insertRows(plan, known),
    ...insert('log_head', [...plan.nextPositions], 'AS new ON DUPLICATE KEY UPDATE next_position = new.next_position'),
    ...insertKeys(plan, known),
    ...insert(
      'consumer_offset',
      plan.offsets.map((move) => [...offsetKeyOf(move), move.to]),
      'AS new ON DUPLICATE KEY UPDATE position = new.position',
    ),
    ...upsertReadModel(table, streams, known),
    ...plan.accepted.flatMap((unit) => deadLetterStatements(unit, plan.now)),
  ];
}
