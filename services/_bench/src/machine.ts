import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { percentile } from './stats.ts';

/** Where the figures come from: without it they mean nothing. */
export type MachineDescription = {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
  /** Of the minute before the run: above 1 somebody else was at work. */
  readonly loadAverage: number;
  /** What it costs to write 4 KiB at a file's end and sync it, in the directory where the databases lie, milliseconds. */
  readonly syncMs: { readonly p50: number; readonly p99: number };
};

const syncedWrites = 300;
const writtenBytes = 4_096;
/** No disk is so fast; what is written in less is not on one. */
const minSyncMs = 0.02;

export function describeMachine(directory: string): MachineDescription {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
    loadAverage: loadavg()[0] ?? 0,
    syncMs: measureSync(directory),
  };
}

/** Whether a commit there can be durable: a directory in memory makes every ratio wrong. */
export function isOnDisk({ syncMs }: MachineDescription): boolean {
  return syncMs.p50 >= minSyncMs;
}

function measureSync(directory: string): MachineDescription['syncMs'] {
  const name = join(directory, 'sync');
  const file = openSync(name, 'w');
  try {
    const block = Buffer.alloc(writtenBytes, 1);
    const timesMs = Array.from({ length: syncedWrites }, () => {
      const startedAtMs = performance.now();
      writeSync(file, block);
      fdatasyncSync(file);
      return performance.now() - startedAtMs;
    });
    return { p50: percentile(timesMs, 0.5), p99: percentile(timesMs, 0.99) };
  } finally {
    closeSync(file);
    rmSync(name, { force: true });
  }
}
