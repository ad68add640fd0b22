import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createVirtualClock } from '@checkout/kernel/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anOrder, aUnit, testIdentity, testTable } from '../testing/index.ts';
import { createSqliteStorage, LogOpenError, openSqliteLogReader } from './index.ts';

const clock = createVirtualClock();
let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'read-log-'));
  file = join(directory, 'order.db');
});
afterEach(() => rmSync(directory, { recursive: true }));

const openWriter = () => createSqliteStorage({ file, identity: testIdentity, table: testTable, clock });
const openReader = () => {
  const reader = openSqliteLogReader(file);
  if (reader === undefined) throw new Error('there is no log');
  return reader;
};

describe('a reader of another service’s log', () => {
  it('knows which log it is', async () => {
    const writer = openWriter();
    const reader = openReader();
    expect(reader.identity).toEqual(testIdentity);
    reader.close();
    await writer.close();
  });

  it('sees what the writer commits, as the writer reads it', async () => {
    const writer = openWriter();
    const reader = openReader();
    expect(await reader.heads()).toEqual([0, 0, 0, 0]);
    expect(await reader.readPartition(1, 1, 10)).toEqual([]);
    const cause = { id: aUnit(anOrder(1)).cause.id, correlationId: 'request-1', traceparent: '00-1-2-01' };
    await writer.commit([{ units: [{ ...aUnit(anOrder(1)), cause }, aUnit(anOrder(1), 1), aUnit(anOrder(3))] }]);
    expect(await reader.heads()).toEqual([0, 2, 0, 1]);
    expect(await reader.readPartition(1, 1, 10)).toEqual(await writer.readPartition(1, 1, 10));
    expect((await reader.readPartition(1, 2, 10)).map((row) => row.position)).toEqual([2]);
    expect((await reader.readPartition(1, 1, 1)).map((row) => row.position)).toEqual([1]);
    expect(await reader.readPartition(2, 1, 10)).toEqual([]);
    reader.close();
    await writer.close();
  });

  it('never sees what is not committed', async () => {
    const writer = openWriter();
    await writer.commit([{ units: [aUnit(anOrder())] }]);
    const reader = openReader();
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE; UPDATE log_head SET next_position = 99; DELETE FROM log;');
    expect(await reader.heads()).toEqual([1, 0, 0, 0]);
    expect(await reader.readPartition(0, 1, 10)).toHaveLength(1);
    other.exec('ROLLBACK');
    other.close();
    reader.close();
    await writer.close();
  });

  it('goes on when the writer stops and starts again', async () => {
    const first = openWriter();
    await first.commit([{ units: [aUnit(anOrder())] }]);
    const reader = openReader();
    await first.close();
    expect(await reader.heads()).toEqual([1, 0, 0, 0]);
    const second = openWriter();
    await second.commit([{ units: [aUnit(anOrder(), 1)] }]);
    expect((await reader.readPartition(0, 1, 10)).map((row) => row.version)).toEqual([1, 2]);
    reader.close();
    await second.close();
  });

  it('reads a log whose writer is not running', async () => {
    const writer = openWriter();
    await writer.commit([{ units: [aUnit(anOrder())] }]);
    await writer.close();
    const reader = openReader();
    expect(await reader.readPartition(0, 1, 10)).toHaveLength(1);
    reader.close();
  });
});

describe('a log that is not there yet', () => {
  it('is asked for again later: there is no file', () => {
    expect(openSqliteLogReader(file)).toBeUndefined();
    expect(openSqliteLogReader(join(directory, 'missing', 'order.db'))).toBeUndefined();
  });

  it('is asked for again later: the file has just been made', () => {
    writeFileSync(file, '');
    expect(openSqliteLogReader(file)).toBeUndefined();
    const database = new DatabaseSync(file);
    database.exec('PRAGMA journal_mode = WAL');
    expect(openSqliteLogReader(file)).toBeUndefined();
    database.exec('BEGIN IMMEDIATE; CREATE TABLE meta (name TEXT, value TEXT)');
    expect(openSqliteLogReader(file)).toBeUndefined();
    database.exec('ROLLBACK');
    database.close();
  });

  it('is there as soon as its writer has made it', async () => {
    expect(openSqliteLogReader(file)).toBeUndefined();
    const writer = openWriter();
    const reader = openReader();
    expect(reader.identity).toEqual(testIdentity);
    reader.close();
    await writer.close();
  });
});

describe('a file that is no log', () => {
  it('is refused: a text', () => {
    writeFileSync(file, 'this is not a database, it is a text of some length\n'.repeat(100));
    expect(() => openSqliteLogReader(file)).toThrow(LogOpenError);
    expect(() => openSqliteLogReader(file)).toThrow(/order\.db cannot be read as a log: .*not a database$/);
  });

  it('is refused: a directory', () => {
    mkdirSync(file);
    expect(() => openSqliteLogReader(file)).toThrow(LogOpenError);
  });

  it('is refused: a database of something else', () => {
    const database = new DatabaseSync(file);
    database.exec('CREATE TABLE meta (colour TEXT)');
    database.close();
    expect(() => openSqliteLogReader(file)).toThrow(LogOpenError);
  });
});
