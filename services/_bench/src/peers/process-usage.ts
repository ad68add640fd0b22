import { readFileSync } from 'node:fs';
import type { Usage } from '../child/server-process.ts';

/** Linux counts in these for every program, whatever its own clock does. */
const tickMs = 10;
const bytesPerKiB = 1_024;

/**
 * What another process has used since its start, as Linux tells it.
 *
 * @throws Error when there is no such process
 */
export function readProcessUsage(pid: number): Usage {
  return usageOf(readFileSync(`/proc/${pid}/stat`, 'utf8'), readFileSync(`/proc/${pid}/status`, 'utf8'));
}

/** @param stat content of `/proc/<pid>/stat`; @param status content of `/proc/<pid>/status` */
export function usageOf(stat: string, status: string): Usage {
  // The second field is the program's name in brackets, and may hold anything. utime is the 14th, stime the 15th.
  const [, , , , , , , , , , , utime, stime] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [, rssKiB] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return { cpuMs: (Number(utime) + Number(stime)) * tickMs, rssBytes: Number(rssKiB ?? 0) * bytesPerKiB };
}
