import type { OrderId } from '@checkout/kernel';
import type { CommitPlan } from '../plan-commit.ts';
import { logRowValues, streamBlob } from '../sql-rows.ts';
import type { ReadModelTable, StreamTimer } from '../storage.port.ts';
import { timerAfter } from '../streams.ts';
import type { AppendUnit, ReadModel } from '../units.ts';
import type { StreamEnd } from './commit-memory.ts';
import { type SqlPart, sqlText } from './sql-text.ts';

/** Where a stream stands behind a commit, and what is shown of it. */
export type WrittenStream = StreamEnd & {
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly readModel: ReadModel;
  /** This commit set the timer, so its due time is reckoned from the commit's. */
  readonly isTimerNew: boolean;
};

/** Each stream that a plan adds rows to, as its last unit leaves it. */
export function writtenStreams(
  plan: CommitPlan,
  timerBefore: (streamId: OrderId) => StreamTimer | null,
): ReadonlyMap<OrderId, WrittenStream> {
  const written = new Map<OrderId, WrittenStream>();
  let nextRow = 0;
  for (const { streamId, expectedVersion, events, readModel } of plan.accepted.flatMap((unit) => unit.streams)) {
    const recorded = plan.rows.slice(nextRow, nextRow + events.length);
    nextRow += events.length;
    const last = recorded.at(-1);
    if (last === undefined) continue;
    const known = written.get(streamId);
    // An earlier unit of this commit may have ended the timer: then the recorded one is no more.
    const before = known === undefined ? (expectedVersion > 0 ? timerBefore(streamId) : null) : known.timer;
    const timer = recorded.reduce(timerAfter, before);
    written.set(streamId, {
      version: last.version,
      timer,
      isTimerNew: timer !== before || known?.isTimerNew === true,
      createdAt: known?.createdAt ?? last.recordedAt,
      updatedAt: last.recordedAt,
      readModel,
    });
  }
  return written;
}

/** The values of `log`'s columns for the rows of a plan, whose times are written as `at` says. */
export function insertRows(plan: CommitPlan, at: (recordedAt: number) => SqlPart): readonly string[] {
  return insert(
    'log',
    plan.rows.map((row) => [...logRowValues(row).slice(0, -1), at(row.recordedAt)]),
  );
}

export function insertKeys(plan: CommitPlan, at: (createdAt: number) => SqlPart): readonly string[] {
  return insert(
    'idempotency_key',
    plan.keys.map((key) => [key.keyHash, key.commandHash, streamBlob(key.streamId), at(key.createdAt)]),
  );
}

export function upsertReadModel(
  table: ReadModelTable,
  streams: ReadonlyMap<OrderId, WrittenStream>,
  at: (time: number) => SqlPart,
): readonly string[] {
  const own = Object.keys(table.columns);
  const changing = ['version', 'updated_at', 'view', 'due_at', 'timer_kind', 'timer_version', ...own];
  return insert(
    `${table.name} (id, version, created_at, updated_at, view, due_at, timer_kind, timer_version${own.map((column) => `, ${column}`).join('')})`,
    [...streams].map(([streamId, { version, createdAt, updatedAt, readModel, timer, isTimerNew }]) => [
      streamBlob(streamId),
      version,
      at(createdAt),
      at(updatedAt),
      JSON.stringify(readModel.view),
      timer === null ? null : isTimerNew ? at(timer.dueAt) : timer.dueAt,
      timer?.kind ?? null,
      timer?.setByVersion ?? null,
      ...own.map((column) => readModel.columns[column] ?? null),
    ]),
    `AS new ON DUPLICATE KEY UPDATE ${changing.map((column) => `${column} = new.${column}`).join(', ')}`,
  );
}

/** One statement, or none when there is nothing to insert. */
export function insert(into: string, rows: readonly (readonly SqlPart[])[], then = ''): readonly string[] {
  return rows.length === 0 ? [] : [sqlText(`INSERT INTO ${into} VALUES ? ${then}`, [rows])];
}

export function deadLetterStatements(
  { deadLetters = [], deadLetterChanges = [] }: AppendUnit,
  now: number,
): readonly string[] {
  const letters = deadLetters.map(({ group, orderId, topic, messageId, type, message, reason, detail, state }) =>
    sqlText(
      `INSERT INTO dead_letter
       (consumer_group, order_id, topic, message_id, type, message, reason, detail, state, parked_at)
       VALUES (?) ON DUPLICATE KEY UPDATE seq = seq`,
      [[group, orderId, topic, messageId, type, JSON.stringify(message), reason, detail, state, now]],
    ),
  );
  const changes = deadLetterChanges.map((change) => {
    if (change.change === 'settled') return sqlText('DELETE FROM dead_letter WHERE seq = ?', [change.seq]);
    if (change.change === 'held') return sqlText("UPDATE dead_letter SET state = 'held' WHERE seq = ?", [change.seq]);
    return sqlText("UPDATE dead_letter SET state = 'parked', reason = ?, detail = ? WHERE seq = ?", [
      change.reason,
      change.detail,
      change.seq,
    ]);
  });
  return [...letters, ...changes];
}
