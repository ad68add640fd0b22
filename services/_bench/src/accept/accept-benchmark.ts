import type { BenchContext } from '../bench-context.ts';
import type { Measurement } from '../load/measure.ts';
import { undisturbed } from '../load/undisturbed.ts';
import type { BenchmarkResult, Ratio, Run } from '../report/report.ts';
import { ratioOf } from '../stats.ts';
import { runAccept } from './accept-run.ts';
import { type CommitVariant, commitVariants } from './commit-variants.ts';

/** How many times the baseline's throughput group commit should reach with so many connections. */
export type AcceptLevel = { readonly connections: number; readonly goal: number };

const defaultLevels: readonly AcceptLevel[] = [
  { connections: 64, goal: 3 },
  { connections: 256, goal: 4 },
];
const latencyGoal = 0.25;

const variantNames: Readonly<Record<CommitVariant, string>> = {
  group: 'group commit',
  each: 'one transaction per order',
};

/** B1: the order service's accept path beside the same service without group commit. They take turns, each on a fresh log. */
export async function benchmarkAccept(
  context: BenchContext,
  levels: readonly AcceptLevel[] = defaultLevels,
): Promise<BenchmarkResult> {
  const runs: Run[] = [];
  for (const { connections } of levels) {
    for (let round = 1; round <= context.rounds; round += 1) {
      for (const variant of commitVariants) {
        const name = variantNames[variant];
        const label = `B1, ${connections} connections, ${name}, round ${round}`;
        const measured = await acceptOnFreshLog(context, { variant, connections, label });
        context.progress.done(label, measured);
        runs.push({ benchmark: 'B1', variant: name, concurrency: connections, round, ...measured });
      }
    }
  }
  return { ratios: levels.flatMap((level) => ratiosOf(runs, level)), runs };
}

function acceptOnFreshLog(
  context: BenchContext,
  run: { readonly variant: CommitVariant; readonly connections: number; readonly label: string },
): Promise<Measurement> {
  const { workspace } = context;
  const once = async () => {
    const dataDir = workspace.directory('accept');
    const measured = await runAccept(context, { ...run, dataDir });
    workspace.remove(dataDir);
    return measured;
  };
  return undisturbed(context, run.label, once, (measured) => measured);
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
