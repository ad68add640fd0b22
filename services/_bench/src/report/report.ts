import type { Measurement } from '../load/measure.ts';
import type { MachineDescription } from '../machine.ts';
import type { Spread } from '../stats.ts';
import type { LogSize } from '../growth/log-size.ts';

export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** Two variants of one run side by side: the median of the rounds' ratios, and between what they lay. */
export type Ratio = Spread & { readonly benchmark: string; readonly what: string; readonly goal?: Goal };

export type Run = Measurement & {
  readonly benchmark: string;
  readonly variant: string;
  /** Operations under way at any time. */
  readonly concurrency: number;
  readonly round: number;
};

export type BenchmarkResult = { readonly ratios: readonly Ratio[]; readonly runs: readonly Run[] };

/** What a run of the bench comes to, as `--json` writes it. */
export type Report = {
  readonly ratios: readonly Ratio[];
  readonly machine: MachineDescription;
  /** UTC, ISO 8601. */
  readonly startedAt: string;
  readonly secondsPerRun: number;
  readonly logSizes: readonly LogSize[];
  readonly runs: readonly Run[];
};
