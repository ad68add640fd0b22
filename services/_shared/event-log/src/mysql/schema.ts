import { bigint, customType, index, int, longtext, mysqlTable, primaryKey, uniqueIndex, varchar } from './drizzle.ts';
import type { ReadModelTable } from '../storage.port.ts';

/** Drizzle's own `binary` decodes as UTF-8 and so corrupts. */
const binary16 = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'binary(16)' });

const millis = (name: string) => bigint(name, { mode: 'number' });
const name = (column: string, length = 255) => varchar(column, { length });

/**
 * The tables of every service's log. Text is `utf8mb4_0900_bin`: compared byte by byte, blanks at the end included. JSON
 * stands in LONGTEXT, because the JSON type reorders keys and rounds numbers.
 */
export const meta = mysqlTable('meta', { name: name('name', 64).primaryKey(), value: name('value').notNull() });

/** `place` is partition * 2^40 + position: one integer key, a partition's rows together in position order. */
export const log = mysqlTable(
  'log',
  {
    place: bigint('place', { mode: 'number' }).primaryKey(),
    streamId: binary16('stream_id').notNull(),
    version: int('version').notNull(),
    type: name('type', 64).notNull(),
    data: longtext('data').notNull(),
    emits: longtext('emits'),
    timer: name('timer'),
    causeId: binary16('cause_id').notNull(),
    causeIndex: int('cause_index').notNull(),
    correlationId: name('correlation_id').notNull(),
    traceparent: name('traceparent'),
    recordedAt: millis('recorded_at').notNull(),
  },
  (table) => [
    uniqueIndex('log_version').on(table.streamId, table.version),
    uniqueIndex('log_cause').on(table.streamId, table.causeId, table.causeIndex),
  ],
);

export const logHead = mysqlTable('log_head', {
  partition: int('partition_no').primaryKey(),
  nextPosition: bigint('next_position', { mode: 'number' }).notNull(),
});

export const idempotencyKey = mysqlTable(
  'idempotency_key',
  {
    keyHash: name('key_hash', 64).primaryKey(),
    commandHash: name('command_hash', 64).notNull(),
    streamId: binary16('stream_id').notNull(),
    createdAt: millis('created_at').notNull(),
  },
  (table) => [index('idempotency_key_age').on(table.createdAt)],
);

export const consumerOffset = mysqlTable(
  'consumer_offset',
  {
    group: name('consumer_group', 64).notNull(),
    logId: name('log_id', 36).notNull(),
    partition: int('partition_no').notNull(),
    position: bigint('position', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.group, table.logId, table.partition] })],
);

export const logCursor = mysqlTable(
  'log_cursor',
  {
    consumer: name('consumer', 64).notNull(),
    partition: int('partition_no').notNull(),
    position: bigint('position', { mode: 'number' }).notNull(),
    owner: name('owner', 64),
    leaseUntil: millis('lease_until').notNull(),
  },
  (table) => [primaryKey({ columns: [table.consumer, table.partition] })],
);

export const deadLetter = mysqlTable(
  'dead_letter',
  {
    seq: bigint('seq', { mode: 'number' }).autoincrement().primaryKey(),
    group: name('consumer_group', 64).notNull(),
    orderId: name('order_id', 36),
    topic: name('topic').notNull(),
    messageId: name('message_id').notNull(),
    type: name('type').notNull(),
    message: longtext('message').notNull(),
    reason: name('reason', 64).notNull(),
    detail: longtext('detail').notNull(),
    state: name('state', 16).notNull(),
    parkedAt: millis('parked_at').notNull(),
  },
  (table) => [
    uniqueIndex('dead_letter_message').on(table.group, table.messageId),
    index('dead_letter_order').on(table.group, table.orderId, table.seq),
  ],
);

export const logTables = [meta, log, logHead, idempotencyKey, consumerOffset, logCursor, deadLetter] as const;

/** A service's read model: what the log manages, and the service's own columns, each with an index together with the id. */
export function readModelOf({ name: tableName, columns }: ReadModelTable) {
  const own = Object.fromEntries(
    Object.entries(columns).map(([column, type]) => [
      `own_${column}`,
      type === 'text' ? name(column) : bigint(column, { mode: 'number' }),
    ]),
  );
  return mysqlTable(
    tableName,
    {
      id: binary16('id').primaryKey(),
      version: int('version').notNull(),
      createdAt: millis('created_at').notNull(),
      updatedAt: millis('updated_at').notNull(),
      view: longtext('view').notNull(),
      dueAt: millis('due_at'),
      timerKind: name('timer_kind', 64),
      timerVersion: int('timer_version'),
      ...own,
    },
    (table) => [
      index(`${tableName}_due`).on(table.dueAt, table.id),
      ...Object.keys(columns).map((column) =>
        index(`${tableName}_${column}`).on(table[`own_${column}` as keyof typeof table] as never, table.id),
      ),
    ],
  );
}
