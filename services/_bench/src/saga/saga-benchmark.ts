import type { BenchContext } from '../bench-context.ts';
import { undisturbed } from '../load/undisturbed.ts';
import type { BenchmarkResult, Run } from '../report/report.ts';
import { lookingClients, runSaga, type SagaMeasurement } from './saga-run.ts';

/** Orders in flight. */
const levels: readonly number[] = [32, 128];
const completionVariant = 'place to COMPLETED';
const lookVariant = 'GET of a completed order';

/** B2: the whole platform in one process. The levels take turns, each on fresh logs. */
export async function benchmarkSaga(context: BenchContext): Promise<BenchmarkResult> {
  const runs: Run[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    for (const inFlight of levels) {
      const label = `B2, ${inFlight} in flight, round ${round}`;
      const { completion, look } = await completeOnFreshLogs(context, inFlight, label);
      context.progress.done(label, completion);
      runs.push({ benchmark: 'B2', variant: completionVariant, concurrency: inFlight, round, ...completion });
      runs.push({ benchmark: 'B2', variant: lookVariant, concurrency: lookingClients, round, ...look });
    }
  }
  return { ratios: [], runs };
}

function completeOnFreshLogs(context: BenchContext, inFlight: number, label: string): Promise<SagaMeasurement> {
  const { workspace } = context;
  const once = async () => {
    const dataDir = workspace.directory('saga');
    const measured = await runSaga(context, { inFlight, dataDir, label });
    workspace.remove(dataDir);
    return measured;
  };
  return undisturbed(context, label, once, ({ completion }) => completion);
}
