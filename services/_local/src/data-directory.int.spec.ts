import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDataDirectory } from './data-directory.ts';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'data directory '));
});

afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const open = (reset = false) => {
  const opened = openDataDirectory(dataDir, { reset });
  opened.release();
  return opened;
};
const write = (name: string) => writeFileSync(join(dataDir, name), 'something');
const exists = (name: string) => existsSync(join(dataDir, name));

describe('webhook secrets', () => {
  test('are made once, differ, and are for their owner’s eyes', () => {
    const { secrets } = open();

    expect(open().secrets).toEqual(secrets);
    expect(secrets.psp).not.toBe(secrets.carrier);
    expect(secrets.psp.length).toBeGreaterThan(40);
    expect(statSync(join(dataDir, 'webhook-secrets.json')).mode & 0o777).toBe(0o600);
  });

  test.each(['', '{', '{"psp":"short","carrier":1}'])('that cannot be used are made anew: %j', (text) => {
    const file = join(dataDir, 'webhook-secrets.json');
    writeFileSync(file, text);
    const { secrets } = open();

    expect(secrets.psp.length).toBeGreaterThan(40);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(secrets);
  });
});

describe('a reset', () => {
  test('removes databases and secrets, and nothing that the platform has not made', () => {
    const { secrets } = open();
    for (const name of ['order.db', 'order.db-wal', 'sandbox.db', 'notes.txt', 'other.db']) write(name);

    const after = open(true).secrets;

    expect(['order.db', 'order.db-wal', 'sandbox.db'].filter(exists)).toEqual([]);
    expect(['notes.txt', 'other.db'].filter(exists)).toEqual(['notes.txt', 'other.db']);
    expect(after).not.toEqual(secrets);
  });

  test('of a directory that the platform has not made is refused, and touches nothing', () => {
    write('order.db');

    expect(() => open(true)).toThrow(`${dataDir} was not made by this platform: --reset removes nothing there.`);
    expect(exists('order.db')).toBe(true);
    expect(exists('order.lock')).toBe(false);
  });

  test('of an empty or missing directory is a plain start', () => {
    open(true);
    rmSync(dataDir, { recursive: true });
    open(true);

    expect(exists('webhook-secrets.json')).toBe(true);
  });
});
