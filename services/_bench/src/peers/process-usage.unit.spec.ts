import process from 'node:process';
import { expect, test } from 'vitest';
import { readProcessUsage, usageOf } from './process-usage.ts';

test('user and system time are added up, whatever the program is called', () => {
  const stat = '4242 (a (b) c) S 1 4242 4242 0 -1 4194560 900 0 3 0 120 30 7 8 20 0 12 0 555 1000000 2000\n';
  const status = 'Name:\ta (b) c\nVmPeak:\t  90000 kB\nVmRSS:\t    2048 kB\nThreads:\t12\n';

  expect(usageOf(stat, status)).toEqual({ cpuMs: 1_500, rssBytes: 2_097_152 });
});

test.runIf(process.platform === 'linux')('a process that runs has used something', () => {
  const { cpuMs, rssBytes } = readProcessUsage(process.pid);

  expect(cpuMs).toBeGreaterThan(0);
  expect(rssBytes).toBeGreaterThan(0);
});
