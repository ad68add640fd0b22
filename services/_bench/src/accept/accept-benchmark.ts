import type { BenchContext } from '../bench-context.ts';
import type { Measurement } from '../load/measure.ts';
import type { Ratio, Run } from '../report/report.ts';
import { ratioOf } from '../stats.ts';
import { runAccept } from './accept-run.ts';
import { type CommitVariant, commitVariants } from './commit-variants.ts';

/** Connections, and how many times the baseline's throughput group commit should reach with them. */
const defaultLevels: readonly AcceptLevel[] = [
  { connections: 64, goal: 3 },
  { connections: 256, goal: 4 },
];
const latencyGoal = 0.25;

const variantNames: Readonly<Record<CommitVariant, string>> = {
  group: 'group commit',
  each: 'one transaction per order',
};

export type AcceptLevel = { readonly connections: number; readonly goal: number };
export type BenchmarkResult = { readonly ratios: readonly Ratio[]; readonly runs: readonly Run[] };

/** B1: the order service's accept path beside the same service without group commit. Both take turns, on fresh logs. */
export async function benchmarkAccept(
  context: BenchContext,
  levels: readonly AcceptLevel[] = defaultLevels,
): Promise<BenchmarkResult> {
  const runs: Run[] = [];
  for (const { connections } of levels) {
    for (let round = 1; round <= context.rounds; round += 1) {
      for (const variant of commitVariants) {
        const dataDir = context.workspace.directory('accept');
        const label = `B1, ${connections} connections, ${variantNames[variant]}, round ${round}`;
        const measured = await runAccept(context, { variant, connections, dataDir, label });
        context.workspace.remove(dataDir);
        context.progress.done(label, measured);
        runs.push({ benchmark: 'B1', variant: variantNames[variant], concurrency: connections, round, ...measured });
      }
    }
  }
  return { ratios: levels.flatMap((level) => ratiosOf(runs, level)), runs };
}

function ratiosOf(runs: readonly Run[], { connections, goal }: AcceptLevel): readonly Ratio[] {
  const values = (variant: CommitVariant, read: (measured: Measurement) => number) =>
    runs.filter((run) => run.concurrency === connections && run.variant === variantNames[variant]).map(read);
  const ratio = (read: (measured: Measurement) => number) => ratioOf(values('group', read), values('each', read));
  const over = `group commit over one transaction per order, ${connections} connections`;
  return [
    { benchmark: 'B1', what: `throughput, ${over}`, ...ratio(({ perSecond }) => perSecond), goal: { atLeast: goal } },
    { benchmark: 'B1', what: `p99, ${over}`, ...ratio(({ p99Ms }) => p99Ms), goal: { atMost: latencyGoal } },
    { benchmark: 'B1', what: `CPU per request, ${over}`, ...ratio((measured) => measured.cpuUsPerOperation) },
  ];
}
