import type { Progress } from './report/progress.ts';
import type { Workspace } from './workspace.ts';

/** What every benchmark is given. */
export type BenchContext = {
  readonly workspace: Workspace;
  readonly progress: Progress;
  /** Aborted by Ctrl-C: whatever is under way ends, cleanly. */
  readonly signal: AbortSignal;
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly rounds: number;
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
