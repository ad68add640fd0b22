import type { Clock, OrderId } from '@checkout/kernel';
import type { DatabaseSync } from 'node:sqlite';
import { findingsOf } from '../inquiries.ts';
import { type CommitFacts, type CommitPlan, planCommit } from '../plan-commit.ts';
import type { LogRow } from '../rows.ts';
import type { CommitResult, LogStorage, ReadModelQuery, ReadModelTable, StreamTimer } from '../storage.port.ts';
import { timerAfter } from '../streams.ts';
import type { AppendRequest, AppendUnit, ColumnValue, StreamAppend } from '../units.ts';
import {
  causeBlob,
  decodeDeadLetter,
  decodeKey,
  decodeLogRow,
  decodeReadModelRow,
  decodeTimer,
  logRowValues,
  placeOf,
  type SqlRow,
  streamBlob,
  streamIdOf,
} from '../sql-rows.ts';
import { openSqliteLog, type SqliteLogOptions } from './open.ts';
import { prepareStatements, type Statements } from './statements.ts';

/** SQLITE_BUSY and SQLITE_LOCKED: another process writes; trying again helps. */
const retryableCodes: ReadonlySet<number> = new Set([5, 6]);

/** Enough rows for any one order; a list is never longer. */
const maxDeadLettersPerOrder = 1_000;

/**
 * The log in one SQLite file (WAL, synchronous=FULL). A transaction is one synchronous call, so nothing of this process
 * comes in between; `BEGIN IMMEDIATE` keeps other processes out. The database's clock is this machine's.
 *
 * @throws LogOpenError when the file cannot serve as this log.
 */
export function createSqliteStorage(options: SqliteLogOptions & { readonly clock: Clock }): LogStorage {
  const { clock, table } = options;
  const { database, identity } = openSqliteLog(options);
  const statements = prepareStatements(database, table);

  const all = (statement: { all(...values: never[]): unknown[] }, ...values: unknown[]) =>
    statement.all(...(values as never[])) as SqlRow[];
  const rowsOf = (streamId: OrderId, afterVersion = 0) =>
    all(statements.stream, streamBlob(streamId), afterVersion).map(decodeLogRow);

  return {
    identity,
    commit: async (requests) =>
      commit({ database, statements, table, clock, partitions: identity.partitions }, requests),
    readStream: async (streamId, afterVersion) => rowsOf(streamId, afterVersion),
    readStreams: async (streamIds, afterVersion) =>
      new Map(streamIds.map((streamId) => [streamId, rowsOf(streamId, afterVersion)])),
    readPartition: async (partition, fromPosition, limit) =>
      all(statements.partition, placeOf(partition, fromPosition), placeOf(partition + 1, 0), limit).map(decodeLogRow),
    async heads() {
      const heads = new Map(all(statements.heads).map((row) => [row['partition'], row['next_position'] as number]));
      return Array.from({ length: identity.partitions }, (_, partition) => (heads.get(partition) ?? 1) - 1);
    },
    inquire: async ({ streamIds, causes, places }) =>
      findingsOf({
        rows: new Map(streamIds.map((streamId) => [streamId, rowsOf(streamId)])),
        acted: causes.filter(
          ({ streamId, causeId }) => statements.hasCause.get(streamBlob(streamId), causeBlob(causeId)) !== undefined,
        ),
        held: places.filter(({ group, orderId }) => statements.isHeld.get(group, orderId) !== undefined),
      }),
    key: async (keyHash) => readKey(statements, keyHash),
    purgeKeys: async (createdBefore, limit) => Number(statements.purgeKeys.run(createdBefore, limit).changes),
    offsets: async (group, logId) =>
      new Map(
        all(statements.offsets, group, logId).map((row) => [row['partition'] as number, row['position'] as number]),
      ),
    offsetLogs: async (group) => all(statements.offsetLogs, group).map((row) => row['log_id'] as string),
    async readModel(streamId) {
      const row = statements.readModel.get(streamBlob(streamId)) as SqlRow | undefined;
      return row && decodeReadModelRow(table, row);
    },
    async listReadModel(query) {
      const { sql, values } = listQuery(table, query);
      return all(database.prepare(sql), ...values).map((row) => decodeReadModelRow(table, row));
    },
    async countReadModel(column) {
      if (!Object.hasOwn(table.columns, column)) throw new Error(`${table.name} has no column ${column}`);
      const sql = `SELECT ${column} AS value, count(*) AS count FROM ${table.name} GROUP BY ${column}`;
      return new Map(all(database.prepare(sql)).map((row) => [row['value'] as ColumnValue, row['count'] as number]));
    },
    dueTimers: async (limit) =>
      all(statements.dueTimers, clock.now(), limit).map((row) => ({
        streamId: streamIdOf(row['id']),
        ...decodeTimer(row),
      })),
    async nextTimerInMs() {
      const dueAt = (statements.nextTimer.get() as SqlRow)['due_at'] as number | null;
      return dueAt === null ? undefined : Math.max(0, dueAt - clock.now());
    },
    deadLetters: async ({ afterSeq, limit, orderId }) =>
      (orderId === undefined
        ? all(statements.deadLetters, afterSeq, limit)
        : all(statements.deadLettersOfOrder, afterSeq, orderId, limit)
      ).map(decodeDeadLetter),
    redrivingOrders: async (group, limit) =>
      all(statements.redriving, group, limit).map((row) => row['order_id'] as never),
    async markRedriving(orderId) {
      statements.markRedriving.run(orderId);
      return all(statements.deadLettersOfOrder, 0, orderId, maxDeadLettersPerOrder).map(decodeDeadLetter);
    },
    async takeLeases({ consumer, owner, partitions }, ttlMs) {
      const now = clock.now();
      const taken = all(statements.takeLeases, consumer, owner, now, now + ttlMs, JSON.stringify(partitions));
      return new Map(taken.map((row) => [row['partition'] as number, row['position'] as number]));
    },
    moveCursors: async ({ consumer, owner }, moves) =>
      new Set(
        all(statements.moveCursors, consumer, owner, JSON.stringify(moves)).map((row) => row['partition'] as number),
      ),
    releaseLeases: async ({ consumer, owner }) => void statements.releaseLeases.run(consumer, owner),
    ping: async () => void statements.ping.get(),
    async close() {
      if (database.isOpen) database.close();
    },
  };
}

type Context = {
  readonly database: DatabaseSync;
  readonly statements: Statements;
  readonly table: ReadModelTable;
  readonly clock: Clock;
  readonly partitions: number;
};

/** No `await` between BEGIN and COMMIT: the transaction is over when this function returns. */
function commit(context: Context, requests: readonly AppendRequest[]): CommitResult {
  const { database, statements, clock, partitions } = context;
  let committing = false;
  try {
    database.exec('BEGIN IMMEDIATE');
    const plan = planCommit(requests, factsFrom(statements, clock.now()), partitions);
    write(context, plan);
    committing = true;
    database.exec('COMMIT');
    return { kind: 'committed', results: plan.results };
  } catch (error) {
    const failure = error as Error & { errcode?: number };
    if (database.isOpen && database.isTransaction) database.exec('ROLLBACK');
    else if (committing) return { kind: 'unknown', error: failure };
    return { kind: 'rolled-back', error: failure, retryable: retryableCodes.has((failure.errcode ?? 0) & 0xff) };
  }
}

function factsFrom(statements: Statements, now: number): CommitFacts {
  return {
    now,
    nextPosition: (partition) =>
      ((statements.head.get(partition) as SqlRow | undefined)?.['next_position'] as number) ?? 1,
    version: (streamId) => ((statements.version.get(streamBlob(streamId)) as SqlRow)['version'] as number | null) ?? 0,
    rowsOfCause: (streamId, causeId) =>
      (statements.rowsOfCause.all(streamBlob(streamId), causeBlob(causeId)) as SqlRow[]).map(decodeLogRow),
    key: (keyHash) => readKey(statements, keyHash),
    offset: (move) =>
      ((statements.offset.get(move.group, move.logId, move.partition) as SqlRow | undefined)?.['position'] as number) ??
      0,
  };
}

function write({ statements, table }: Context, plan: CommitPlan): void {
  for (const row of plan.rows) statements.insertRow.run(...logRowValues(row));
  for (const [partition, next] of plan.nextPositions) statements.setHead.run(partition, next);
  for (const key of plan.keys) {
    statements.insertKey.run(key.keyHash, key.commandHash, streamBlob(key.streamId), key.createdAt);
  }
  for (const move of plan.offsets) statements.setOffset.run(move.group, move.logId, move.partition, move.to);
  let nextRow = 0;
  for (const unit of plan.accepted) {
    for (const append of unit.streams) {
      upsertReadModel(statements, table, append, plan.rows.slice(nextRow, nextRow + append.events.length));
      nextRow += append.events.length;
    }
    writeDeadLetters(statements, unit, plan.now);
  }
}

function upsertReadModel(
  statements: Statements,
  table: ReadModelTable,
  { streamId, expectedVersion, readModel }: StreamAppend,
  rows: readonly LogRow[],
): void {
  const last = rows.at(-1);
  if (last === undefined) return;
  const id = streamBlob(streamId);
  const keepsTimer = rows.every((row) => row.timer === undefined);
  const before = keepsTimer && expectedVersion > 0 ? currentTimer(statements, id) : null;
  const timer = rows.reduce(timerAfter, before);
  statements.upsertReadModel.run(
    id,
    last.version,
    last.recordedAt,
    last.recordedAt,
    JSON.stringify(readModel.view),
    timer?.dueAt ?? null,
    timer?.kind ?? null,
    timer?.setByVersion ?? null,
    ...Object.keys(table.columns).map((name) => readModel.columns[name] ?? null),
  );
}

function currentTimer(statements: Statements, id: Buffer): StreamTimer | null {
  const row = statements.readModel.get(id) as SqlRow | undefined;
  if (row === undefined || row['due_at'] === null) return null;
  return decodeTimer(row);
}

function writeDeadLetters(statements: Statements, unit: AppendUnit, now: number): void {
  for (const letter of unit.deadLetters ?? []) {
    const { group, orderId, topic, messageId, type, message, reason, detail, state } = letter;
    const text = JSON.stringify(message);
    statements.insertDeadLetter.run(group, orderId, topic, messageId, type, text, reason, detail, state, now);
  }
  for (const change of unit.deadLetterChanges ?? []) {
    if (change.change === 'settled') statements.settleDeadLetter.run(change.seq);
    else if (change.change === 'held') statements.holdDeadLetter.run(change.seq);
    else statements.parkDeadLetter.run(change.reason, change.detail, change.seq);
  }
}

function readKey(statements: Statements, keyHash: string) {
  const row = statements.key.get(keyHash) as SqlRow | undefined;
  return row && decodeKey(row);
}

function listQuery(table: ReadModelTable, query: ReadModelQuery): { sql: string; values: unknown[] } {
  const conditions: string[] = [];
  const values: unknown[] = [];
  for (const [column, value] of Object.entries(query.equals ?? {})) {
    if (!Object.hasOwn(table.columns, column)) throw new Error(`${table.name} has no column ${column}`);
    // `IS` finds null as well, and uses the index as `=` does.
    conditions.push(`${column} IS ?`);
    values.push(value);
  }
  if (query.createdFrom !== undefined) {
    conditions.push('created_at >= ?');
    values.push(query.createdFrom);
  }
  if (query.beforeId !== undefined) {
    conditions.push('id < ?');
    values.push(streamBlob(query.beforeId));
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const order = query.oldestFirst === true ? 'ASC' : 'DESC';
  return { sql: `SELECT * FROM ${table.name} ${where} ORDER BY id ${order} LIMIT ?`, values: [...values, query.limit] };
}
