import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createVirtualClock } from '@checkout/kernel/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogIdentity, ReadModelTable } from '../storage.port.ts';
import { anOrder, aUnit, testIdentity, testTable } from '../testing/index.ts';
import { createSqliteStorage, LogOpenError } from './index.ts';

const clock = createVirtualClock();
let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'open-log-'));
  file = join(directory, 'data', 'order.db');
});
afterEach(() => rmSync(directory, { recursive: true }));

type Settings = { readonly file?: string; readonly identity?: Partial<LogIdentity>; readonly table?: ReadModelTable };

const open = (settings: Settings = {}) =>
  createSqliteStorage({
    file: settings.file ?? file,
    identity: { ...testIdentity, ...settings.identity },
    table: settings.table ?? testTable,
    clock,
    busyTimeoutMs: 10,
  });

const makeLog = async () => {
  const storage = open();
  await storage.commit([{ units: [aUnit(anOrder())] }]);
  await storage.close();
};

const change = (sql: string) => {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
};

/** What the person who started the service reads. */
function refusalOf(settings: Settings = {}): string {
  try {
    void open(settings).close();
  } catch (error) {
    expect(error).toBeInstanceOf(LogOpenError);
    const { message } = error as LogOpenError;
    expect(message).not.toContain('\n');
    return message.replaceAll(directory, '<dir>');
  }
  return 'opened';
}

describe('opening a log', () => {
  it('makes the directories and the file when they are not there', async () => {
    const storage = open({ file: join(directory, 'a', 'b', 'order.db') });
    expect(storage.identity).toEqual(testIdentity);
    await storage.close();
  });

  it('keeps the identity that the log was made with', async () => {
    await makeLog();
    const again = open({ identity: { logId: '019b7695-8c00-7000-8000-0000000000aa', epoch: 9 } });
    expect(again.identity).toEqual(testIdentity);
    await again.close();
  });

  it('takes the epoch from the file, where a restore raised it', async () => {
    await makeLog();
    change("UPDATE meta SET value = '2' WHERE name = 'epoch'");
    const restored = open();
    expect(restored.identity.epoch).toBe(2);
    await restored.close();
  });

  it('goes on with a file that a crash left empty', async () => {
    mkdirSync(join(directory, 'data'));
    writeFileSync(file, '');
    const storage = open();
    expect(await storage.heads()).toEqual([0, 0, 0, 0]);
    await storage.close();
  });
});

describe('a file that cannot serve as this log is refused in one line', () => {
  it('when it is no database', () => {
    mkdirSync(join(directory, 'data'));
    writeFileSync(file, 'this is not a database, it is a text of some length\n'.repeat(100));
    expect(refusalOf()).toBe(
      '<dir>/data/order.db is not a healthy database: restore it from a backup, or start with --reset to begin empty.',
    );
  });

  it('when its first page was damaged', async () => {
    await makeLog();
    const bytes = readFileSync(file);
    bytes.fill(0xff, 100, 4_096);
    writeFileSync(file, bytes);
    expect(refusalOf()).toContain('is not a healthy database');
  });

  it('when a file is where its directory should be', () => {
    writeFileSync(join(directory, 'data'), '');
    expect(refusalOf()).toBe('<dir>/data is not a directory: set DATA_DIR to a directory.');
    expect(refusalOf({ file: join(directory, 'data', 'deeper', 'order.db') })).toBe(
      '<dir>/data/deeper is not a directory: set DATA_DIR to a directory.',
    );
  });

  it('when a directory is where the file should be', () => {
    mkdirSync(file, { recursive: true });
    expect(refusalOf()).toContain('<dir>/data/order.db cannot be written');
  });

  it.skipIf(process.platform === 'win32').each([
    ['it may', 0o777],
    ['it and its directory may', 0o555],
  ])('when %s only be read', async (_what, directoryMode) => {
    await makeLog();
    chmodSync(directory, 0o755);
    chmodSync(file, 0o444);
    chmodSync(join(directory, 'data'), directoryMode);
    expect(withoutPrivileges(refusalOf)).toBe(
      '<dir>/data/order.db cannot be written: check the permissions of its directory, or set DATA_DIR to another one.',
    );
    chmodSync(join(directory, 'data'), 0o755);
  });

  it.skipIf(process.platform === 'win32')('when its directory may not be made', () => {
    chmodSync(directory, 0o555);
    expect(withoutPrivileges(refusalOf)).toContain('<dir>/data/order.db cannot be written');
    chmodSync(directory, 0o755);
  });

  it.runIf(process.platform === 'linux')('when nothing can be made in its directory', () => {
    expect(refusalOf({ file: '/proc/order.db' })).toContain('/proc/order.db cannot be written');
  });

  it('when another process has locked it', async () => {
    await makeLog();
    const other = new DatabaseSync(file);
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT;');
    expect(refusalOf()).toBe(
      '<dir>/data/order.db is locked by another process: stop it, or set DATA_DIR to another directory.',
    );
    other.close();
    expect(refusalOf()).toBe('opened');
  });

  it('when it is the log of another service', async () => {
    await makeLog();
    expect(refusalOf({ identity: { service: 'payment' } })).toBe(
      '<dir>/data/order.db has service order, this build needs payment: set DATA_DIR to another directory.',
    );
  });

  it('when it has another number of partitions', async () => {
    await makeLog();
    expect(refusalOf({ identity: { partitions: 64 } })).toBe(
      '<dir>/data/order.db has partitions 4, this build needs 64: set DATA_DIR to another directory.',
    );
  });

  it('when a newer release made it', async () => {
    await makeLog();
    change("UPDATE meta SET value = '999' WHERE name = 'schemaVersion'");
    expect(refusalOf()).toMatch(
      /order\.db was made by a newer release \(schema version 999, this build knows \d+\): start that release\.$/,
    );
  });

  it('when an older release made it', async () => {
    await makeLog();
    change("UPDATE meta SET value = '0' WHERE name = 'schemaVersion'");
    expect(refusalOf()).toContain('has schema version 0, this build needs');
  });

  it('when its read model lacks what this build shows', async () => {
    await makeLog();
    const table = { ...testTable, columns: { ...testTable.columns, cancellation: 'text' as const } };
    expect(refusalOf({ table })).toContain('has no orders.cancellation, which this build shows');
    expect(refusalOf({ table: { name: 'payments', columns: {} } })).toContain('has no payments.view');
  });

  it('when it is the database of something else, and leaves that as it was', () => {
    mkdirSync(join(directory, 'data'));
    change('CREATE TABLE contacts (name TEXT)');
    expect(refusalOf()).toBe('<dir>/data/order.db is a database of something else: set DATA_DIR to another directory.');
    const database = new DatabaseSync(file);
    expect(database.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'contacts' }]);
    database.close();
  });

  it('and is not kept open', async () => {
    await makeLog();
    for (let attempt = 0; attempt < 50; attempt += 1) refusalOf({ identity: { service: 'payment' } });
    rmSync(file);
    expect(refusalOf()).toBe('opened');
  });
});

/** Permissions bind everybody but root, so root acts as nobody for a while. */
function withoutPrivileges<Value>(run: () => Value): Value {
  const nobody = 65_534;
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(nobody);
  try {
    return run();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
