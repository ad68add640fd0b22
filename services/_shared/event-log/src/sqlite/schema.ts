import type { ReadModelTable } from '../storage.port.ts';

/** Raised with every change of the tables below, together with a migration step. */
export const schemaVersion = 2;

/**
 * Ids are BLOBs of 16 bytes: half the size of their text in three indexes. `place` is partition * 2^40 + position in one
 * integer key, so that a partition's rows lie together in position order and no second index is needed.
 */
export const logSchema = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE log (
    place INTEGER PRIMARY KEY,
    stream_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    emits TEXT,
    timer TEXT,
    cause_id BLOB NOT NULL,
    cause_index INTEGER NOT NULL,
    correlation_id TEXT NOT NULL,
    traceparent TEXT,
    recorded_at INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX log_version ON log (stream_id, version);
  CREATE UNIQUE INDEX log_cause ON log (stream_id, cause_id, cause_index);
  CREATE TABLE log_head (partition INTEGER PRIMARY KEY, next_position INTEGER NOT NULL) STRICT;
  CREATE TABLE idempotency_key (
    key_hash TEXT PRIMARY KEY,
    command_hash TEXT NOT NULL,
    stream_id BLOB NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX idempotency_key_age ON idempotency_key (created_at);
  CREATE TABLE consumer_offset (
    consumer_group TEXT NOT NULL,
    log_id TEXT NOT NULL,
    partition INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (consumer_group, log_id, partition)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE cursor (
    consumer TEXT NOT NULL,
    partition INTEGER NOT NULL,
    position INTEGER NOT NULL,
    owner TEXT,
    lease_until INTEGER NOT NULL,
    PRIMARY KEY (consumer, partition)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE dead_letter (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    consumer_group TEXT NOT NULL,
    order_id TEXT,
    topic TEXT NOT NULL,
    message_id TEXT NOT NULL,
    type TEXT NOT NULL,
    message TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    state TEXT NOT NULL,
    parked_at INTEGER NOT NULL,
    UNIQUE (consumer_group, message_id)
  ) STRICT;
  CREATE INDEX dead_letter_order ON dead_letter (consumer_group, order_id, seq);
`;

export function readModelSchema(table: ReadModelTable): string {
  const columns = Object.entries(table.columns);
  return `
    CREATE TABLE ${table.name} (
      id BLOB PRIMARY KEY,
      version INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      view TEXT NOT NULL,
      due_at INTEGER,
      timer_kind TEXT,
      timer_version INTEGER${columns.map(([name, type]) => `,\n      ${name} ${type.toUpperCase()}`).join('')}
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX ${table.name}_due ON ${table.name} (due_at) WHERE due_at IS NOT NULL;
    ${columns.map(([name]) => `CREATE INDEX ${table.name}_${name} ON ${table.name} (${name}, id);`).join('\n')}
  `;
}
