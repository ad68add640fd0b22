import { expect, test } from 'vitest';
import { formatReport } from './format-report.ts';
import type { Report, Run } from './report.ts';

const run: Run = {
  benchmark: 'B1',
  variant: 'group commit',
  concurrency: 64,
  round: 1,
  operations: 20_000,
  perSecond: 4_000,
  p50Ms: 12.34,
  p99Ms: 45.6,
  maxMs: 99,
  cpuUsPerOperation: 200,
  loadCpuUsPerOperation: 50,
  rssBytes: 2 ** 28,
  otherCpuShare: 0.04,
};

const report: Report = {
  ratios: [
    { benchmark: 'B1', what: 'throughput', median: 3.456, min: 3, max: 4, goal: { atLeast: 3 } },
    { benchmark: 'B1', what: 'p99', median: 0.3, min: 0.2, max: 0.5, goal: { atMost: 0.25 } },
    { benchmark: 'B1', what: 'CPU per request', median: 0.4, min: 0.4, max: 0.4 },
  ],
  machine: {
    cpu: 'A CPU',
    cores: 2,
    memoryBytes: 24 * 2 ** 30,
    kernel: 'linux 6 x64',
    node: '24.0.0',
    loadAverage: 0.5,
    syncMs: { p50: 0.25, p99: 2 },
  },
  startedAt: '2026-01-01T00:00:00.000Z',
  secondsPerRun: 5,
  logSizes: [],
  runs: [run, { ...run, round: 2, perSecond: 5_000 }, { ...run, round: 3, perSecond: 4_500 }],
};

const lineWith = (text: string, part: string) => text.split('\n').find((line) => line.includes(part));

test('ratios stand beside their goals', () => {
  const text = formatReport(report);

  expect(lineWith(text, 'throughput')).toMatch(/3\.46 +3\.00 - 4\.00 +>= 3 +met$/);
  expect(lineWith(text, 'p99  ')).toMatch(/0\.30 +0\.20 - 0\.50 +<= 0\.25 +missed$/);
  expect(lineWith(text, 'CPU per request')).toMatch(/0\.40 - 0\.40$/);
});

test('runs of one variant are shown by their medians', () => {
  const text = formatReport(report);

  expect(text).toContain('3 rounds of 5 s each');
  expect(lineWith(text, 'group commit')).toMatch(/B1 +group commit +64 +4,500 +12\.3 +45\.6 +200 +50\.0 +256 +4 %$/);
});

test('the machine comes first', () => {
  expect(formatReport(report)).toMatch(/^\nA CPU, 2 cores, 24 GiB, linux 6 x64, Node 24\.0\.0\n.*p50 0\.25 ms/);
});

test('log sizes are shown when logs were filled', () => {
  const size = { orders: 1_000, rows: 18_000, bytes: 2 ** 23, filledOrdersPerSecond: 99.5, filledRowsPerSecond: 1_800 };

  expect(lineWith(formatReport({ ...report, logSizes: [size] }), '18,000')).toMatch(
    /1,000 +18,000 +8\.00 +99\.5 +1,800$/,
  );
});
