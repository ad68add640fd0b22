import type { BenchContext } from '../bench-context.ts';
import { undisturbed } from '../load/undisturbed.ts';
import type { BenchmarkResult, Ratio, Run } from '../report/report.ts';
import { ratioOf } from '../stats.ts';
import { peer, type Place, places } from './order-system.ts';
import { lookingClients, runSaga, type SagaMeasurement, type SagaRun } from './saga-run.ts';

/** Orders in flight. */
const defaultLevels: readonly number[] = [32, 128];
const lookVariant = 'GET of a completed order';
const throughputGoal = 4;
const latencyGoal = 1 / 3;

/** B2: from the request to COMPLETED. The levels and the places take turns, each on fresh logs. */
export async function benchmarkSaga(
  context: BenchContext,
  on: readonly Place[],
  levels: readonly number[] = defaultLevels,
): Promise<BenchmarkResult> {
  const runs: Run[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    for (const inFlight of levels) {
      for (const place of on) {
        const variant = variantOf(place);
        const label = `B2, ${variant}, ${inFlight} in flight, round ${round}`;
        const { completion, look } = await runOnFreshLogs(context, { place, inFlight, label });
        context.progress.done(label, completion);
        runs.push({ benchmark: 'B2', variant, concurrency: inFlight, round, ...completion });
        if (look !== undefined) {
          runs.push({ benchmark: 'B2', variant: lookVariant, concurrency: lookingClients, round, ...look });
        }
      }
    }
  }
  return { ratios: on.includes(peer) ? levels.flatMap((inFlight) => ratiosOf(runs, on, inFlight)) : [], runs };
}

/** One run on logs of its own, which end with it. */
export function runOnFreshLogs(context: BenchContext, run: Omit<SagaRun, 'dataDir'>): Promise<SagaMeasurement> {
  const { workspace } = context;
  const once = async () => {
    const dataDir = workspace.directory('saga');
    const measured = await runSaga(context, { ...run, dataDir });
    workspace.remove(dataDir);
    return measured;
  };
  // What servers take is not the work of strangers.
  const patience = run.place === 'sqlite' ? context.patience : 0;
  return undisturbed({ ...context, patience }, run.label, once, ({ completion }) => completion);
}

function variantOf(place: Place): string {
  return `place to COMPLETED, ${places[place]}`;
}

function ratiosOf(runs: readonly Run[], on: readonly Place[], inFlight: number): readonly Ratio[] {
  const values = (place: Place, read: (run: Run) => number) =>
    runs.filter(({ variant, concurrency }) => variant === variantOf(place) && concurrency === inFlight).map(read);
  return on
    .filter((place) => place !== peer)
    .flatMap((place) => {
      const ratio = (read: (run: Run) => number) => ratioOf(values(place, read), values(peer, read));
      const over = `${places[place]} over ${places[peer]}, ${inFlight} in flight`;
      return [
        {
          benchmark: 'B2',
          what: `throughput, ${over}`,
          ...ratio(({ perSecond }) => perSecond),
          goal: { atLeast: throughputGoal },
        },
        { benchmark: 'B2', what: `p99, ${over}`, ...ratio(({ p99Ms }) => p99Ms), goal: { atMost: latencyGoal } },
      ];
    });
}
