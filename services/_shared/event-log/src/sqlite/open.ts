import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LogOpenError } from '../log-open-error.ts';
import { factsOf } from '../epochs.ts';
import type { LogIdentity, ReadModelTable } from '../storage.port.ts';
import { logSchema, readModelSchema, schemaVersion } from './schema.ts';

/** `identity.logId` is taken when the log is made; an existing file keeps its own. */
export type SqliteLogOptions = {
  /** A path, or `:memory:`. */
  readonly file: string;
  readonly identity: LogIdentity;
  readonly table: ReadModelTable;
  /** How long a writer waits for another process's transaction before it gives up, milliseconds; the process stands still. */
  readonly busyTimeoutMs?: number;
};

const defaultBusyTimeoutMs = 5_000;

/**
 * Opens the file, makes it when it is not there, and checks that it is this service's log.
 * @throws LogOpenError
 */
export function openSqliteLog({ file, identity, table, busyTimeoutMs = defaultBusyTimeoutMs }: SqliteLogOptions): {
  readonly database: DatabaseSync;
  readonly identity: LogIdentity;
} {
  let database: DatabaseSync | undefined;
  try {
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
    // The timeout first: the other settings already need locks.
    database = new DatabaseSync(file, { timeout: busyTimeoutMs });
    // The two fullfsync settings matter on macOS only: without them a commit there is not on the disk.
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA fullfsync = 1;
      PRAGMA checkpoint_fullfsync = 1;
      PRAGMA cache_size = -16384;
    `);
    if (!hasSchema(database)) createSchema(database, file, identity, table);
    const found = checkedIdentity(database, file, identity);
    checkTable(database, file, table);
    // SQLite opens a file that it may only read without a word, and the first append would fail.
    database.exec('BEGIN IMMEDIATE; UPDATE meta SET value = value; ROLLBACK;');
    return { database, identity: found };
  } catch (error) {
    database?.close();
    throw error instanceof LogOpenError ? error : new LogOpenError(explain(file, error), error);
  }
}

function hasSchema(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() !== undefined;
}

function createSchema(database: DatabaseSync, file: string, identity: LogIdentity, table: ReadModelTable): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    // Two processes that start on an empty directory both come here; the second finds the work done.
    if (!hasSchema(database)) {
      if (database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined) {
        throw new LogOpenError(`${file} is a database of something else: set DATA_DIR to another directory.`);
      }
      database.exec(logSchema + readModelSchema(table));
      const insert = database.prepare('INSERT INTO meta (name, value) VALUES (?, ?)');
      for (const fact of factsOf(identity)) insert.run(...fact);
      insert.run('schemaVersion', String(schemaVersion));
    }
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function checkedIdentity(database: DatabaseSync, file: string, expected: LogIdentity): LogIdentity {
  const meta = readMeta(database);
  const mismatch = (what: string, found: string | undefined, wanted: string | number) =>
    new LogOpenError(`${file} has ${what} ${found}, this build needs ${wanted}: set DATA_DIR to another directory.`);
  if (meta.get('service') !== expected.service) throw mismatch('service', meta.get('service'), expected.service);
  const version = Number(meta.get('schemaVersion'));
  if (version > schemaVersion) {
    throw new LogOpenError(
      `${file} was made by a newer release (schema version ${version}, this build knows ${schemaVersion}): start that release.`,
    );
  }
  if (version !== schemaVersion) throw mismatch('schema version', meta.get('schemaVersion'), schemaVersion);
  if (meta.get('partitions') !== String(expected.partitions)) {
    throw mismatch('partitions', meta.get('partitions'), expected.partitions);
  }
  return { ...expected, logId: meta.get('logId') ?? '', epoch: Number(meta.get('epoch')) };
}

function checkTable(database: DatabaseSync, file: string, { name, columns }: ReadModelTable): void {
  const found = database.prepare('SELECT name FROM pragma_table_info(?)').all(name) as { name: string }[];
  const missing = ['view', ...Object.keys(columns)].filter((column) => !found.some((other) => other.name === column));
  if (missing.length === 0) return;
  throw new LogOpenError(
    `${file} has no ${name}.${missing[0]}, which this build shows: set DATA_DIR to another directory, or start with --reset to begin empty.`,
  );
}

export function readMeta(database: DatabaseSync): ReadonlyMap<string, string> {
  const rows = database.prepare('SELECT name, value FROM meta').all() as { name: string; value: string }[];
  return new Map(rows.map((row) => [row.name, row.value]));
}

/** SQLite result codes that a person can do something about. */
function explain(file: string, error: unknown): string {
  const { errcode: extended = 0, code, message } = error as { errcode?: number; code?: string; message?: string };
  // The low byte is the kind of error, the rest says more than a person needs.
  const errcode = extended & 0xff;
  if (errcode === 26 || errcode === 11) {
    return `${file} is not a healthy database: restore it from a backup, or start with --reset to begin empty.`;
  }
  if (errcode === 14 || errcode === 8 || code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return `${file} cannot be written: check the permissions of its directory, or set DATA_DIR to another one.`;
  }
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return `${dirname(file)} is not a directory: set DATA_DIR to a directory.`;
  }
  if (errcode === 5) return `${file} is locked by another process: stop it, or set DATA_DIR to another directory.`;
  return `${file} cannot be opened: ${message ?? String(error)}`;
}
