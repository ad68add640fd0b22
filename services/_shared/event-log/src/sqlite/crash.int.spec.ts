import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { createVirtualClock } from '@checkout/kernel/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEventLog } from '../event-log.ts';
import { anOrder, aUnit, testIdentity, testTable } from '../testing/index.ts';
import { createSqliteStorage } from './index.ts';

const script = fileURLToPath(new URL('../testing/append-until-killed.ts', import.meta.url));
const clock = createVirtualClock();
const killRounds = 10;
const mostAcknowledgedLines = 400;

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'crash-log-'));
  file = join(directory, 'order.db');
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = (busyTimeoutMs?: number) =>
  createSqliteStorage({
    file,
    identity: testIdentity,
    table: testTable,
    clock,
    ...(busyTimeoutMs === undefined ? {} : { busyTimeoutMs }),
  });

/** Starts a process that appends, and hands over each line that it prints. Resolves with its exit code or signal. */
async function runAppender(
  processNumber: number,
  { units, onLine }: { readonly units?: number; readonly onLine?: (kill: () => void) => void },
): Promise<{ readonly lines: readonly string[]; readonly ended: string }> {
  const args = [script, file, String(processNumber), ...(units === undefined ? [] : [String(units)])];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    onLine?.(() => child.kill('SIGKILL'));
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { lines, ended: signal ?? String(code) };
}

/** Every acknowledged row is there, at its place; no position is missing; the database is sound. */
async function expectIntact(acknowledged: readonly string[]): Promise<number> {
  const database = new DatabaseSync(file);
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  database.close();

  const storage = open();
  const found = new Set<string>();
  for (const [partition, head] of (await storage.heads()).entries()) {
    const rows = await storage.readPartition(partition, 1, head + 1);
    expect(rows.map((row) => row.position)).toEqual(Array.from({ length: head }, (_, index) => index + 1));
    for (const row of rows) {
      found.add(`${row.partition} ${row.position} ${row.streamId} ${row.version}`);
      expect((await storage.readModel(row.streamId))?.version).toBeGreaterThanOrEqual(row.version);
    }
  }
  await storage.close();
  expect(acknowledged.filter((line) => !found.has(line))).toEqual([]);
  return found.size;
}

describe('a process that is killed while it appends', () => {
  it('has lost nothing that was acknowledged, and leaves no gap', async () => {
    const acknowledged: string[] = [];
    for (let round = 1; round <= killRounds; round += 1) {
      const killAfter = 1 + Math.floor(Math.random() * mostAcknowledgedLines);
      let seen = 0;
      const { lines, ended } = await runAppender(round, {
        onLine(kill) {
          seen += 1;
          if (seen === killAfter) kill();
        },
      });
      expect(ended).toBe('SIGKILL');
      // The last line may have been cut off by the kill.
      acknowledged.push(...lines.filter((line) => /^\d+ \d+ [0-9a-f-]{36} \d+$/.test(line)));
      expect(await expectIntact(acknowledged)).toBeGreaterThanOrEqual(acknowledged.length);
    }
    expect(acknowledged.length).toBeGreaterThan(killRounds);
  });
});

describe('two processes that append to one file', () => {
  it('both get all of it recorded, in one order without gaps', async () => {
    await open().close();
    const units = 200;
    const runs = await Promise.all([1, 2].map((number) => runAppender(number, { units })));
    expect(runs.map((run) => run.ended)).toEqual(['0', '0']);
    const lines = runs.flatMap((run) => run.lines);
    expect(lines).toHaveLength(2 * 2 * units);
    expect(await expectIntact(lines)).toBe(lines.length);
  });

  it('may both be the first to open it', async () => {
    const runs = await Promise.all([1, 2, 3, 4].map((number) => runAppender(number, { units: 5 })));
    expect(runs.map((run) => run.ended)).toEqual(['0', '0', '0', '0']);
    expect(await expectIntact(runs.flatMap((run) => run.lines))).toBe(4 * 5 * 2);
  });
});

describe('a file in which another process is writing', () => {
  const quickMs = 10;

  it('is a rollback that may be tried again', async () => {
    const storage = open(quickMs);
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    expect(await storage.commit([{ units: [aUnit(anOrder())] }])).toMatchObject({
      kind: 'rolled-back',
      retryable: true,
      error: { errcode: 5 },
    });
    expect(await storage.heads()).toEqual([0, 0, 0, 0]);
    other.exec('ROLLBACK');
    expect(await storage.commit([{ units: [aUnit(anOrder())] }])).toMatchObject({ kind: 'committed' });
    other.close();
    await storage.close();
  });

  it('is waited for by an append', async () => {
    const storage = open(quickMs);
    const log = createEventLog({ storage, clock });
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const appending = log.append({ units: [aUnit(anOrder())] });
    await clock.settle();
    other.exec('COMMIT');
    await clock.advance(1_000);
    expect(await appending).toMatchObject({ outcomes: [{ kind: 'appended' }] });
    other.close();
    await log.close();
  });

  it('can still be read', async () => {
    const storage = open(quickMs);
    await storage.commit([{ units: [aUnit(anOrder())] }]);
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE; DELETE FROM log;');
    expect(await storage.readStream(anOrder())).toHaveLength(1);
    other.exec('ROLLBACK');
    other.close();
    await storage.close();
  });
});

describe('a log that was closed', () => {
  it('refuses to commit, without an exception, and may be closed again', async () => {
    const storage = open();
    await storage.close();
    await storage.close();
    expect(await storage.commit([{ units: [aUnit(anOrder())] }])).toMatchObject({
      kind: 'rolled-back',
      retryable: false,
    });
  });
});
