import process from 'node:process';
import { BenchError } from '../bench-context.ts';
import type { ServerProcess } from '../child/server-process.ts';
import { type CpuTimes, otherCpuShare } from '../load/cpu-times.ts';
import type { Measurement } from '../load/measure.ts';
import { latenciesOf } from '../stats.ts';

/** Stands for the server where what is measured runs in this process: all of its CPU time is the load's own. */
export const ownProcess: Pick<ServerProcess, 'usage'> = {
  usage: () => Promise.resolve({ cpuMs: 0, rssBytes: process.memoryUsage.rss() }),
};

/** What was measured in this process, per item, where each operation was made of so many. */
export function perItem(measured: Measurement, items: number): Measurement {
  return {
    ...measured,
    operations: measured.operations * items,
    perSecond: measured.perSecond * items,
    cpuUsPerOperation: measured.loadCpuUsPerOperation / items,
    loadCpuUsPerOperation: 0,
  };
}

/** What this process did between two looks at the CPU times: so many operations, and how long each took. */
export function measuredHere(
  timesMs: readonly number[],
  window: { readonly operations: number; readonly ms: number; readonly before: CpuTimes; readonly after: CpuTimes },
): Measurement {
  const { operations, ms, before, after } = window;
  if (timesMs.length === 0) throw new BenchError('nothing was done');
  return {
    operations,
    perSecond: (operations / ms) * 1_000,
    ...latenciesOf(timesMs),
    cpuUsPerOperation: ((after.ownMs - before.ownMs) / operations) * 1_000,
    loadCpuUsPerOperation: 0,
    rssBytes: process.memoryUsage.rss(),
    otherCpuShare: otherCpuShare(before, after, 0),
  };
}
