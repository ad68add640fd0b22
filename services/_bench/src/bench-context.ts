import type { Clock } from '@checkout/kernel';
import type { CpuTimes } from './load/cpu-times.ts';
import type { Progress } from './report/progress.ts';
import type { Workspace } from './workspace.ts';

/** What every benchmark is given. */
export type BenchContext = {
  readonly workspace: Workspace;
  readonly progress: Progress;
  readonly clock: Clock;
  readonly cpuTimes: () => CpuTimes;
  /** Aborted by Ctrl-C: whatever is under way ends, cleanly. */
  readonly signal: AbortSignal;
  /** Not measured, at the beginning of each run: until the compiler has seen every path often. */
  readonly warmUpMs: { readonly accept: number; readonly saga: number; readonly look: number };
  readonly measureMs: number;
  readonly rounds: number;
  /** How often a run may be repeated because other programs were at work; 0 does not wait for them either. */
  readonly patience: number;
  readonly profileDir: string | undefined;
};

/** Somebody stopped the run. */
export class StoppedError extends Error {
  constructor() {
    super('stopped');
    this.name = 'StoppedError';
  }
}

/** A run that measured nothing, because the platform did not do what it has to. `message` is one line for people. */
export class BenchError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BenchError';
  }
}
