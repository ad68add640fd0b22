import { closeSync, mkdirSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';

/** The data directory cannot be had. `message` is one line for people. */
export class DirectoryLockError extends Error {
  readonly code: 'held' | 'unusable';

  constructor(code: DirectoryLockError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'DirectoryLockError';
    this.code = code;
  }
}

export type DirectoryLock = { release(): void };

/** Of this process. A database that nothing refers to is closed when memory is collected, and its lock is gone. */
const locked = new Set<DatabaseSync>();

/**
 * Makes this process the only one that runs the named services on a data directory; makes the directory when it is not
 * there. The locks are the operating system's, held by SQLite on the files `<name>.lock`, and end with the process however
 * it ends, or with `release`: nothing is ever stale, and no process id has to be trusted. The files stay, because removing a
 * lock file while somebody opens it lets two holders in.
 *
 * @throws DirectoryLockError when another process holds one of the names, or the directory cannot be written
 */
export function lockDirectory(directory: string, names: readonly string[]): DirectoryLock {
  const held: DatabaseSync[] = [];
  const release = () => {
    for (const database of held.splice(0)) {
      locked.delete(database);
      database.close();
    }
  };
  try {
    mkdirSync(directory, { recursive: true });
    for (const name of names) held.push(lockFile(directory, name));
    for (const database of held) locked.add(database);
    return { release };
  } catch (error) {
    release();
    throw error instanceof DirectoryLockError ? error : unusable(directory, error);
  }
}

/** Whether a service named so has ever been run on the directory. Without it, its files belong to somebody else. */
export function wasLocked(directory: string, name: string): boolean {
  return readHeader(join(directory, `${name}.lock`))?.applicationId === applicationId;
}

function lockFile(directory: string, name: string): DatabaseSync {
  const file = join(directory, `${name}.lock`);
  const database = new DatabaseSync(file);
  try {
    // The content says who holds the lock and that the file is ours; losing it in a crash loses nothing.
    database.exec(`
      PRAGMA busy_timeout = ${raceMs};
      PRAGMA synchronous = OFF;
      PRAGMA locking_mode = EXCLUSIVE;
      BEGIN EXCLUSIVE;
      PRAGMA application_id = ${applicationId};
      PRAGMA user_version = ${process.pid};
      COMMIT;
    `);
    return database;
  } catch (error) {
    database.close();
    if ((error as SqliteError).errcode !== sqliteBusy) throw error;
    const holder = readHeader(file)?.pid;
    const who = holder === undefined ? 'another process' : `process ${holder}`;
    const message = `${directory} is in use by ${who}: stop it first, or set DATA_DIR to another directory.`;
    throw new DirectoryLockError('held', message, error);
  }
}

/** Two that come at the same moment disturb each other for less than this; one of them then has the lock. */
const raceMs = 500;

/** `CHKT`, which SQLite keeps at this place of a file's header; the user version holds the process id. */
const applicationId = 0x43484b54;
const userVersionAt = 60;
const applicationIdAt = 68;
const headerBytes = 100;

/** Reads around SQLite, for its lock keeps readers out. Never for a file that this process has locked: closing it would unlock it. */
function readHeader(file: string): { readonly applicationId: number; readonly pid: number } | undefined {
  const header = Buffer.alloc(headerBytes);
  try {
    const descriptor = openSync(file, 'r');
    try {
      if (readSync(descriptor, header, 0, headerBytes, 0) < headerBytes) return undefined;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
  return { applicationId: header.readUInt32BE(applicationIdAt), pid: header.readUInt32BE(userVersionAt) };
}

type SqliteError = { readonly errcode?: number; readonly code?: string; readonly message: string };

const sqliteBusy = 5;
const sqliteNotADatabase = 26;

function unusable(directory: string, error: unknown): DirectoryLockError {
  const { errcode, code, message } = error as SqliteError;
  const other = 'set DATA_DIR to another directory';
  const line =
    errcode === sqliteNotADatabase
      ? `${directory} holds a .lock file that is damaged or not ours: remove it, or ${other}.`
      : `${directory} cannot be written (${errcode === undefined ? (code ?? message) : message}): check its permissions, or ${other}.`;
  return new DirectoryLockError('unusable', line, error);
}
