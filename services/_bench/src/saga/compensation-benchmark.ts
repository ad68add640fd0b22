import type { BenchContext } from '../bench-context.ts';
import type { BenchmarkResult, Run } from '../report/report.ts';
import { ratioOf } from '../stats.ts';
import { type Place, places } from './order-system.ts';
import { runOnFreshLogs } from './saga-benchmark.ts';

const defaultInFlight = 128;
const goal = { atLeast: 0.8 };
const variants = [
  { name: 'all completed', refusedEvery: Infinity },
  { name: 'one in five undone', refusedEvery: 5 },
] as const;

/**
 * B7: orders of which the carrier refuses every fifth, so that its payment has to be voided, beside orders that are all
 * completed. They take turns, each on fresh logs.
 */
export async function benchmarkCompensation(
  context: BenchContext,
  on: readonly Place[],
  inFlight = defaultInFlight,
): Promise<BenchmarkResult> {
  const runs: Run[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    for (const place of on) {
      for (const { name, refusedEvery } of variants) {
        const variant = `${name}, ${places[place]}`;
        const label = `B7, ${variant}, round ${round}`;
        const { completion } = await runOnFreshLogs(context, { place, inFlight, refusedEvery, label });
        context.progress.done(label, completion);
        runs.push({ benchmark: 'B7', variant, concurrency: inFlight, round, ...completion });
      }
    }
  }
  const [completed, undone] = variants;
  const ratios = on.map((place) => {
    const perSecond = (name: string) =>
      runs.filter(({ variant }) => variant === `${name}, ${places[place]}`).map((run) => run.perSecond);
    const what = `throughput, ${undone.name} over ${completed.name}, ${places[place]}`;
    return { benchmark: 'B7', what, ...ratioOf(perSecond(undone.name), perSecond(completed.name)), goal };
  });
  return { ratios, runs };
}
