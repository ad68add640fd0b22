import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVirtualClock } from '@checkout/kernel/testing';
import { afterAll } from 'vitest';
import { describeLogStorage, testIdentity, testTable } from '../testing/index.ts';
import { createSqliteStorage } from './index.ts';

const directory = mkdtempSync(join(tmpdir(), 'sqlite-log-'));
const clock = createVirtualClock();
const options = { identity: testIdentity, table: testTable, clock };
let files = 0;
const fileOf = (number: number) => join(directory, String(number), 'order.db');

afterAll(() => rmSync(directory, { recursive: true }));

describeLogStorage('SQLite in memory', {
  open: () => Promise.resolve(createSqliteStorage({ ...options, file: ':memory:' })),
  clock,
});

describeLogStorage('SQLite in a file', {
  open() {
    files += 1;
    return Promise.resolve(createSqliteStorage({ ...options, file: fileOf(files) }));
  },
  openAgain: () => Promise.resolve(createSqliteStorage({ ...options, file: fileOf(files) })),
  clock,
  sequences: 50,
});
