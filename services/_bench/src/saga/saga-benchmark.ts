import type { BenchmarkResult } from '../accept/accept-benchmark.ts';
import type { BenchContext } from '../bench-context.ts';
import type { Run } from '../report/report.ts';
import { lookingClients, runSaga } from './saga-run.ts';

const levels: readonly number[] = [32, 128];
const completionVariant = 'place to COMPLETED';
const lookVariant = 'GET of a completed order';

/** B2: the whole platform in one process. The levels take turns, each on fresh logs. */
export async function benchmarkSaga(context: BenchContext): Promise<BenchmarkResult> {
  const runs: Run[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    for (const inFlight of levels) {
      const dataDir = context.workspace.directory('saga');
      const label = `B2, ${inFlight} in flight, round ${round}`;
      const { completion, look } = await runSaga(context, { inFlight, dataDir, label });
      context.workspace.remove(dataDir);
      context.progress.done(label, completion);
      runs.push({ benchmark: 'B2', variant: completionVariant, concurrency: inFlight, round, ...completion });
      runs.push({ benchmark: 'B2', variant: lookVariant, concurrency: lookingClients, round, ...look });
    }
  }
  return { ratios: [], runs };
}
