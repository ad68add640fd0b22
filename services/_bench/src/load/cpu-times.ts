import { cpus } from 'node:os';
import process from 'node:process';

/** CPU time up to now, milliseconds over all cores. */
export type CpuTimes = {
  /** All that was not idle, of the whole machine. */
  readonly busyMs: number;
  readonly totalMs: number;
  /** This process's own. */
  readonly ownMs: number;
};

export function readCpuTimes(): CpuTimes {
  const times = cpus().map((core) => core.times);
  const busyMs = times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0);
  const totalMs = busyMs + times.reduce((sum, { idle }) => sum + idle, 0);
  const own = process.cpuUsage();
  return { busyMs, totalMs, ownMs: (own.user + own.system) / 1_000 };
}

/**
 * The share of the machine, 0 to 1, that went to anything but this process and a server.
 *
 * @param serverMs what the server used meanwhile
 */
export function otherCpuShare(from: CpuTimes, to: CpuTimes, serverMs: number): number {
  const otherMs = to.busyMs - from.busyMs - (to.ownMs - from.ownMs) - serverMs;
  return Math.max(0, otherMs) / Math.max(1, to.totalMs - from.totalMs);
}
