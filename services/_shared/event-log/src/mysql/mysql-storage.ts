import type { OrderId } from '@checkout/kernel';
import type { SQL } from 'drizzle-orm';
import type { MySqlColumn } from 'drizzle-orm/mysql-core';
import { findingsOf } from '../inquiries.ts';
import {
  causeBlob,
  causeIdOf,
  decodeDeadLetter,
  decodeKey,
  decodeLogRow,
  decodeReadModelRow,
  decodeTimer,
  placeOf,
  type SqlRow,
  streamBlob,
  streamIdOf,
} from '../sql-rows.ts';
import type { LogIdentity, LogStorage, ReadModelQuery, ReadModelTable } from '../storage.port.ts';
import type { AppendRequest, ColumnValue } from '../units.ts';
import { type Committed, commitTransaction } from './commit.ts';
import type { CommitMemory } from './commit-memory.ts';
import { nowMs } from './database-clock.ts';
import {
  and,
  asc,
  count,
  desc,
  eq,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  min,
  or,
  QueryBuilder,
  sql,
} from './drizzle.ts';
import { optimisticCommit } from './optimistic-commit.ts';
import { createQuestions } from './questions.ts';
import { consumerOffset, deadLetter, idempotencyKey, log, logCursor, logHead, meta, readModelOf } from './schema.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import { type SqlPart, sqlText } from './sql-text.ts';
import { type Transacted, transact, transactAtOnce, withSession } from './transaction.ts';

/** Enough rows for any one order; a list is never longer. */
const maxDeadLettersPerOrder = 1_000;

export type MysqlStorageDeps = {
  readonly identity: LogIdentity;
  readonly table: ReadModelTable;
  /** For commits, leases and cursors. */
  readonly writers: Sessions;
  /** For questions, at the primary: a replica would show gaps. */
  readonly readers: Sessions;
  /** Emptied when a writer's connection is opened. */
  readonly memory: CommitMemory;
};

const build = new QueryBuilder();
type Query = { readonly toSQL: () => { readonly sql: string; readonly params: readonly unknown[] } };
const textOf = (query: Query) => {
  const { sql: text, params } = query.toSQL();
  return sqlText(text, params as readonly SqlPart[]);
};

/** The log in a MySQL database, over connections that the caller opened. */
export function createMysqlStorage(deps: MysqlStorageDeps): LogStorage {
  const { identity, table, writers, readers, memory } = deps;
  const readModel = readModelOf(table);
  const column = (name: string): MySqlColumn => {
    if (!Object.hasOwn(table.columns, name)) throw new Error(`${table.name} has no column ${name}`);
    return (readModel as unknown as Record<string, MySqlColumn>)[`own_${name}`] as MySqlColumn;
  };
  const ask = async (...queries: readonly Query[]): Promise<readonly (readonly SqlRow[])[]> => {
    const statements = queries.map(textOf);
    return readers.use((session) => session.read(statements));
  };
  const rowsOf = async (query: Query): Promise<readonly SqlRow[]> => (await ask(query))[0] ?? [];
  const write = (statement: string, ...values: readonly SqlPart[]) =>
    writers.use((session) => session.write([sqlText(statement, values)]));

  const shape = { table, partitions: identity.partitions };
  /** At once where that is likely to fit; what does not fit is asked for. */
  const commitOn = async (session: Session, requests: readonly AppendRequest[]): Promise<Transacted<Committed>> => {
    const transacted = await transactAtOnce(session, () => optimisticCommit(requests, memory, shape));
    if (transacted.kind !== 'refused') return transacted;
    const { questions, decide } = commitTransaction(requests, shape);
    return transact(session, questions, decide);
  };

  const deadLettersOf = (orderId: OrderId) =>
    build
      .select()
      .from(deadLetter)
      .where(eq(deadLetter.orderId, orderId))
      .orderBy(asc(deadLetter.seq))
      .limit(maxDeadLettersPerOrder);

  return {
    identity,
    async commit(requests) {
      const transacted = await withSession(writers, (session) => commitOn(session, requests));
      if (transacted.kind !== 'committed') return transacted;
      memory.learn(transacted.value.learned);
      return { kind: 'committed', results: transacted.value.results };
    },

    async readStream(streamId, afterVersion = 0) {
      const ofStream = and(eq(log.streamId, streamBlob(streamId)), sql`${log.version} > ${afterVersion}`);
      return (await rowsOf(build.select().from(log).where(ofStream).orderBy(asc(log.version)))).map(decodeLogRow);
    },
    async readStreams(streamIds, afterVersion = 0) {
      if (streamIds.length === 0) return new Map();
      const ofStreams = and(inArray(log.streamId, streamIds.map(streamBlob)), sql`${log.version} > ${afterVersion}`);
      const rows = await rowsOf(build.select().from(log).where(ofStreams).orderBy(asc(log.streamId), asc(log.version)));
      const found = Map.groupBy(rows.map(decodeLogRow), (row) => row.streamId);
      return new Map(streamIds.map((streamId) => [streamId, found.get(streamId) ?? []]));
    },
    async readPartition(partition, fromPosition, limit) {
      const places = and(gte(log.place, placeOf(partition, fromPosition)), lt(log.place, placeOf(partition + 1, 0)));
      return (await rowsOf(build.select().from(log).where(places).orderBy(asc(log.place)).limit(limit))).map(
        decodeLogRow,
      );
    },
    async heads() {
      const rows = await rowsOf(build.select().from(logHead));
      const heads = new Map(rows.map((row) => [row['partition_no'], row['next_position'] as number]));
      return Array.from({ length: identity.partitions }, (_, partition) => (heads.get(partition) ?? 1) - 1);
    },
    async inquire({ streamIds, causes, places }) {
      const { texts, askAbout } = createQuestions();
      const rows = askAbout(
        streamIds.map(streamBlob),
        'SELECT * FROM log WHERE stream_id IN (?) ORDER BY stream_id, version',
      );
      const acted = askAbout(
        causes.map(({ streamId, causeId }) => [streamBlob(streamId), causeBlob(causeId)]),
        // The first row of each cause: answered from the index alone.
        'SELECT stream_id, cause_id FROM log WHERE (stream_id, cause_id) IN (?) AND cause_index = 0',
      );
      const held = askAbout(
        places.map(({ group, orderId }) => [group, orderId]),
        'SELECT consumer_group, order_id FROM dead_letter WHERE (consumer_group, order_id) IN (?)',
      );
      const answers = texts.length === 0 ? [] : await readers.use((session) => session.read(texts));
      return findingsOf({
        rows: Map.groupBy(rows(answers).map(decodeLogRow), (row) => row.streamId),
        acted: acted(answers).map((row) => ({
          streamId: streamIdOf(row['stream_id']),
          causeId: causeIdOf(row['cause_id']),
        })),
        held: held(answers).map((row) => ({
          group: row['consumer_group'] as string,
          orderId: row['order_id'] as OrderId,
        })),
      });
    },

    async key(keyHash) {
      const [row] = await rowsOf(build.select().from(idempotencyKey).where(eq(idempotencyKey.keyHash, keyHash)));
      return row && decodeKey(row);
    },
    async purgeKeys(createdBefore, limit) {
      const [purged = 0] = await write(
        'DELETE FROM idempotency_key WHERE created_at < ? ORDER BY created_at LIMIT ?',
        createdBefore,
        limit,
      );
      return purged;
    },

    async offsets(group, logId) {
      const ofGroup = and(eq(consumerOffset.group, group), eq(consumerOffset.logId, logId), sql`position > 0`);
      const rows = await rowsOf(build.select().from(consumerOffset).where(ofGroup));
      return new Map(rows.map((row) => [row['partition_no'] as number, row['position'] as number]));
    },
    async offsetLogs(group) {
      const ofGroup = and(eq(consumerOffset.group, group), sql`position > 0`);
      const rows = await rowsOf(build.selectDistinct({ id: consumerOffset.logId }).from(consumerOffset).where(ofGroup));
      return rows.map((row) => row['log_id'] as string);
    },

    async readModel(streamId) {
      const [row] = await rowsOf(
        build
          .select()
          .from(readModel)
          .where(eq(readModel.id, streamBlob(streamId))),
      );
      return row && decodeReadModelRow(table, row);
    },
    async listReadModel(query) {
      const rows = await rowsOf(
        build
          .select()
          .from(readModel)
          .where(and(...conditionsOf(query)))
          .orderBy(query.oldestFirst === true ? asc(readModel.id) : desc(readModel.id))
          .limit(query.limit),
      );
      return rows.map((row) => decodeReadModelRow(table, row));
    },
    async countReadModel(name) {
      const by = column(name);
      const rows = await rowsOf(build.select({ value: by, count: count() }).from(readModel).groupBy(by));
      return new Map(rows.map((row) => [row[name] as ColumnValue, row['count(*)'] as number]));
    },
    async dueTimers(limit) {
      const rows = await rowsOf(
        build
          .select()
          .from(readModel)
          .where(lte(readModel.dueAt, sql.raw(nowMs)))
          .orderBy(asc(readModel.dueAt), asc(readModel.id))
          .limit(limit),
      );
      return rows.map((row) => ({
        streamId: streamIdOf(row['id']),
        ...decodeTimer(row),
      }));
    },
    async nextTimerInMs() {
      const next = build
        .select({ dueAt: min(readModel.dueAt).as('due_at'), now: sql.raw(nowMs).as('now') as never })
        .from(readModel)
        .where(isNotNull(readModel.dueAt));
      const [row] = await rowsOf(next);
      const dueAt = row?.['due_at'] as number | null | undefined;
      return dueAt === null || dueAt === undefined ? undefined : Math.max(0, dueAt - (row?.['now'] as number));
    },

    async deadLetters({ afterSeq, limit, orderId }) {
      const wanted = and(
        sql`${deadLetter.seq} > ${afterSeq}`,
        orderId === undefined ? undefined : eq(deadLetter.orderId, orderId),
      );
      const rows = await rowsOf(
        build.select().from(deadLetter).where(wanted).orderBy(asc(deadLetter.seq)).limit(limit),
      );
      return rows.map(decodeDeadLetter);
    },
    async redrivingOrders(group, limit) {
      const { orderId, state } = deadLetter;
      const orders = build
        .select({ id: orderId })
        .from(deadLetter)
        .where(and(eq(deadLetter.group, group), isNotNull(orderId)))
        .groupBy(orderId)
        .having(or(sql`MAX(${state} = 'redriving') = 1`, sql`MIN(${state} = 'held') = 1`));
      const rows = await rowsOf(orders.limit(limit));
      return rows.map((row) => row['order_id'] as OrderId);
    },
    async markRedriving(orderId) {
      await write("UPDATE dead_letter SET state = 'redriving' WHERE order_id = ?", orderId);
      return (await rowsOf(deadLettersOf(orderId))).map(decodeDeadLetter);
    },

    async takeLeases({ consumer, owner, partitions }, ttlMs) {
      if (partitions.length === 0) return new Map();
      const own = and(
        eq(logCursor.consumer, consumer),
        eq(logCursor.owner, owner),
        inArray(logCursor.partition, [...partitions]),
      );
      // Assignments run from left to right: the second sees whether the first took it.
      const take = sqlText(
        `INSERT INTO log_cursor VALUES ${partitions.map(() => `(?, ?, 0, ?, ${nowMs} + ?)`).join(', ')} AS new
         ON DUPLICATE KEY UPDATE
         owner = IF(log_cursor.owner IS NULL OR log_cursor.owner = new.owner OR log_cursor.lease_until <= ${nowMs},
                    new.owner, log_cursor.owner),
         lease_until = IF(log_cursor.owner = new.owner, new.lease_until, log_cursor.lease_until)`,
        partitions.flatMap((partition) => [consumer, partition, owner, ttlMs]),
      );
      const [, rows = []] = await writers.use((session) =>
        session.read([take, textOf(build.select().from(logCursor).where(own))]),
      );
      return new Map(rows.map((row) => [row['partition_no'] as number, row['position'] as number]));
    },
    async moveCursors({ consumer, owner }, moves) {
      if (moves.length === 0) return new Set();
      const targets = moves.map(({ partition, to }) => sqlText('WHEN ? THEN ?', [partition, to])).join(' ');
      const move = sqlText(
        `UPDATE log_cursor SET position = CASE partition_no ${targets} END
         WHERE consumer = ? AND owner = ? AND (partition_no, position) IN (?)`,
        [consumer, owner, moves.map(({ partition, from }) => [partition, from])],
      );
      const moved = sqlText(
        'SELECT partition_no FROM log_cursor WHERE consumer = ? AND owner = ? AND (partition_no, position) IN (?)',
        [consumer, owner, moves.map(({ partition, to }) => [partition, to])],
      );
      const [, rows = []] = await writers.use((session) => session.read([move, moved]));
      return new Set(rows.map((row) => row['partition_no'] as number));
    },
    async releaseLeases({ consumer, owner }) {
      await write('UPDATE log_cursor SET owner = NULL WHERE consumer = ? AND owner = ?', consumer, owner);
    },

    ping: async () => void (await rowsOf(build.select().from(meta).limit(1))),
    async close() {
      await Promise.all([writers.close(), readers.close()]);
    },
  };

  function conditionsOf({ equals = {}, createdFrom, beforeId }: ReadModelQuery): readonly (SQL | undefined)[] {
    return [
      ...Object.entries(equals).map(([name, value]) =>
        value === null ? isNull(column(name)) : eq(column(name), value),
      ),
      createdFrom === undefined ? undefined : gte(readModel.createdAt, createdFrom),
      beforeId === undefined ? undefined : lt(readModel.id, streamBlob(beforeId)),
    ];
  }
}
