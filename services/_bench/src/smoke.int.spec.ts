import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { benchmarkAccept } from './accept/accept-benchmark.ts';
import { StoppedError } from './bench-context.ts';
import { createProgress } from './report/progress.ts';
import { benchmarkTelemetry } from './telemetry/telemetry-benchmark.ts';
import { runSaga } from './saga/saga-run.ts';
import { briefContext } from './testing/brief-context.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

let workspace: Workspace;
let said: string;

beforeEach(() => {
  workspace = createWorkspace(tmpdir());
  said = '';
});
afterEach(() => workspace.close());

const contextOf = (signal = new AbortController().signal) =>
  briefContext(workspace, { progress: createProgress({ write: (text) => (said += text) }), signal, measureMs: 1_500 });

describe('with two clients for a moment', () => {
  test('B1 measures both variants and leaves nothing behind', async () => {
    const { ratios, runs } = await benchmarkAccept(contextOf(), ['sqlite'], [{ connections: 2, goal: 1 }]);

    expect(runs.map(({ variant }) => variant)).toEqual(['group commit', 'one transaction per order']);
    for (const run of runs) {
      expect(run.operations).toBeGreaterThan(0);
      expect(run.cpuUsPerOperation).toBeGreaterThan(0);
      expect(run.p99Ms).toBeGreaterThanOrEqual(run.p50Ms);
    }
    expect(ratios).toHaveLength(3);
    expect(said.match(/\/s, p99/g)).toHaveLength(2);
    expect(readdirSync(workspace.root)).toEqual([]);
  });

  test('telemetry measures each mode on what the collector was sent', async () => {
    const { ratios, runs } = await benchmarkTelemetry(contextOf(), 2);

    expect(runs.map(({ variant }) => variant)).toEqual(['off', 'otel', 'datadog']);
    for (const run of runs) expect(run.operations).toBeGreaterThan(0);
    expect(ratios).toHaveLength(6);
    expect(readdirSync(workspace.root)).toEqual([]);
  });

  test('B2 completes orders, finds the money in place, and looks at them', async () => {
    const dataDir = workspace.directory('saga');
    const { completion, look } = await runSaga(contextOf(), { inFlight: 2, place: 'sqlite', dataDir, label: 'B2' });

    expect(completion.operations).toBeGreaterThan(0);
    expect(look?.operations).toBeGreaterThan(0);
    expect(completion.p50Ms).toBeGreaterThan(look?.p50Ms ?? Infinity);
  });
});

test('a run that is stopped says so', async () => {
  const stopping = new AbortController();
  const running = benchmarkAccept(contextOf(stopping.signal), ['sqlite'], [{ connections: 2, goal: 1 }]);
  stopping.abort();

  await expect(running).rejects.toThrow(StoppedError);
});
