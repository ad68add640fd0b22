import { createSystemClock } from '@checkout/runtime';
import type { BenchContext } from '../bench-context.ts';
import { readCpuTimes } from '../load/cpu-times.ts';
import { createProgress } from '../report/progress.ts';
import type { Workspace } from '../workspace.ts';

/** For tests: one round that measures next to nothing and tells nobody, but for what is asked for otherwise. */
export function briefContext(workspace: Workspace, change: Partial<BenchContext> = {}): BenchContext {
  return {
    workspace,
    progress: createProgress({ write: () => {} }),
    clock: createSystemClock(),
    cpuTimes: readCpuTimes,
    signal: new AbortController().signal,
    warmUpMs: { accept: 100, saga: 100, look: 100 },
    measureMs: 300,
    rounds: 1,
    patience: 0,
    profileDir: undefined,
    ...change,
  };
}
