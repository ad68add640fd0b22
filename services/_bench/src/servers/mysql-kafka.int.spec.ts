import process from 'node:process';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { benchmarkAppend } from '../append/append-benchmark.ts';
import { benchmarkBus } from '../bus/bus-benchmark.ts';
import { benchmarkRelay } from '../relay/relay-benchmark.ts';
import { briefContext } from '../testing/brief-context.ts';
import { createWorkspace, type Workspace } from '../workspace.ts';

const { MYSQL_URL, KAFKA_BROKERS } = process.env;
const rows = 2_000;

let workspace: Workspace;
beforeEach(() => {
  workspace = createWorkspace(tmpdir());
});
afterEach(() => workspace.close());

const contextOf = () => briefContext(workspace, { warmUpMs: { accept: 200, saga: 4_000, look: 100 }, measureMs: 500 });

describe.skipIf(!MYSQL_URL)('on MySQL', () => {
  test('B3 measures appends beside what the database can do', async () => {
    const { ratios, runs } = await benchmarkAppend(contextOf());

    expect(runs).toHaveLength(4);
    for (const { operations, cpuUsPerOperation } of runs) {
      expect(operations).toBeGreaterThan(0);
      expect(cpuUsPerOperation).toBeGreaterThan(0);
    }
    expect(ratios).toHaveLength(2);
  });
});

describe.skipIf(!MYSQL_URL || !KAFKA_BROKERS)('on MySQL and Kafka', () => {
  test('B4 publishes every row, and measures how far behind the relay is', async () => {
    const { runs } = await benchmarkRelay(contextOf(), rows);

    expect(runs[0]).toMatchObject({ operations: rows });
    expect(runs[1]?.p99Ms).toBeGreaterThan(0);
  }, 120_000);

  test('B5 measures messages there and back, and what waiting costs', async () => {
    const { ratios, runs } = await benchmarkBus(contextOf());

    expect(runs[0]?.cpuUsPerOperation).toBeGreaterThan(0);
    expect(ratios[1]?.median).toBeGreaterThan(0);
  }, 120_000);
});
