import { type BenchContext, BenchError } from '../bench-context.ts';
import type { Measurement } from '../load/measure.ts';
import { undisturbed } from '../load/undisturbed.ts';
import type { BenchmarkResult, Ratio, Run } from '../report/report.ts';
import type { Place } from '../saga/order-system.ts';
import { openTestBed } from '../servers/test-bed.ts';
import { ratioOf } from '../stats.ts';
import { type AcceptRun, runAccept } from './accept-run.ts';
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

/** The order service has the log and the bus of the whole platform there. */
const acceptPlaces = ['sqlite', 'kafka'] as const satisfies readonly Place[];
type AcceptPlace = (typeof acceptPlaces)[number];

/**
 * B1: the order service's accept path beside the same service without group commit. They take turns, each on a fresh log.
 *
 * @throws BenchError when it cannot run in one of these places
 */
export async function benchmarkAccept(
  context: BenchContext,
  on: readonly Place[],
  levels: readonly AcceptLevel[] = defaultLevels,
): Promise<BenchmarkResult> {
  const runs: Run[] = [];
  const wanted = acceptPlaces.filter((place) => on.includes(place));
  if (wanted.length === 0) throw new BenchError('B1 runs on sqlite and on kafka: say --on sqlite,kafka');
  for (const place of wanted) {
    for (const { connections } of levels) {
      for (let round = 1; round <= context.rounds; round += 1) {
        for (const variant of commitVariants) {
          const name = nameOf(variant, place);
          const label = `B1, ${connections} connections, ${name}, round ${round}`;
          const measured = await acceptOnFreshLog(context, { variant, connections, label }, place);
          context.progress.done(label, measured);
          runs.push({ benchmark: 'B1', variant: name, concurrency: connections, round, ...measured });
        }
      }
    }
  }
  return { ratios: wanted.flatMap((place) => levels.flatMap((level) => ratiosOf(runs, level, place))), runs };
}

function nameOf(variant: CommitVariant, place: AcceptPlace): string {
  return place === 'sqlite' ? variantNames[variant] : `${variantNames[variant]}, MySQL and Kafka`;
}

/** @throws BenchError, StoppedError */
export function acceptOnFreshLog(
  context: BenchContext,
  run: Pick<AcceptRun, 'variant' | 'connections' | 'label' | 'environment'>,
  place: AcceptPlace,
): Promise<Measurement> {
  const { workspace } = context;
  const once = async () => {
    const dataDir = workspace.directory('accept');
    const bed = place === 'kafka' ? await openTestBed(context, { kafka: true }) : undefined;
    try {
      return await runAccept(context, { ...run, dataDir, bed });
    } finally {
      await bed?.close();
      workspace.remove(dataDir);
    }
  };
  const patience = place === 'sqlite' ? context.patience : 0;
  return undisturbed({ ...context, patience }, run.label, once, (measured) => measured);
}

function ratiosOf(runs: readonly Run[], { connections, goal }: AcceptLevel, place: AcceptPlace): readonly Ratio[] {
  const values = (variant: CommitVariant, read: (measured: Measurement) => number) =>
    runs.filter((run) => run.concurrency === connections && run.variant === nameOf(variant, place)).map(read);
  const ratio = (read: (measured: Measurement) => number) => ratioOf(values('group', read), values('each', read));
  const where = place === 'sqlite' ? '' : ', MySQL and Kafka';
  const over = `group commit over one transaction per order${where}, ${connections} connections`;
  return [
    { benchmark: 'B1', what: `throughput, ${over}`, ...ratio(({ perSecond }) => perSecond), goal: { atLeast: goal } },
    { benchmark: 'B1', what: `p99, ${over}`, ...ratio(({ p99Ms }) => p99Ms), goal: { atMost: latencyGoal } },
    { benchmark: 'B1', what: `CPU per request, ${over}`, ...ratio((measured) => measured.cpuUsPerOperation) },
  ];
}
