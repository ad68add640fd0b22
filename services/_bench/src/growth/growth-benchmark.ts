import { z } from 'zod';
import { runAccept } from '../accept/accept-run.ts';
import { type BenchContext, BenchError } from '../bench-context.ts';
import type { Measurement } from '../load/measure.ts';
import { undisturbed } from '../load/undisturbed.ts';
import type { BenchmarkResult, Ratio, Run } from '../report/report.ts';
import { startPlatform } from '../saga/platform-under-test.ts';
import { runSaga } from '../saga/saga-run.ts';
import { ratioOf } from '../stats.ts';
import { type GrownLogs, makeGrownLogs } from './grown-logs.ts';
import type { LogSize } from './log-size.ts';

/** Connections for B1, orders in flight for B2. */
const acceptConnections = 64;
const sagaInFlight = 128;
/** Flat within 10 %. */
const flatGoal = { atLeast: 0.9 };
/** The verification of many more takes longer than a request may. */
const maxVerifiedOrders = 10_000;

/** Logs of one size; none for the empty one. */
type Stage = { readonly variant: string; readonly logs: GrownLogs | undefined };

/**
 * The growth check: B1 and B2 on logs that hold many completed orders, beside the empty log. The sizes take turns, each run
 * on a fresh copy, so that none measures what another has left.
 *
 * @param sizes completed orders in the logs
 */
export async function benchmarkGrowth(
  context: BenchContext,
  sizes: readonly number[],
): Promise<BenchmarkResult & { readonly logSizes: readonly LogSize[] }> {
  const empty: Stage = { variant: 'on the empty log', logs: undefined };
  const grown: Stage[] = [];
  for (const orders of sizes) grown.push(await makeStage(context, orders));

  const runs: Run[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    for (const stage of [empty, ...grown]) runs.push(await acceptOn(context, stage, round));
    for (const stage of [empty, ...grown]) runs.push(await sagaOn(context, stage, round));
  }
  const ratios = grown.flatMap((stage) => ratiosOf(runs, stage, empty));
  return { ratios, runs, logSizes: grown.flatMap(({ logs }) => logs?.size ?? []) };
}

async function makeStage(context: BenchContext, orders: number): Promise<Stage> {
  const logs = await makeGrownLogs(context, orders);
  const { filledRowsPerSecond } = logs.size;
  context.progress.say(`logs with ${orders} orders: filled with ${Math.round(filledRowsPerSecond)} rows/s`);
  if (orders <= maxVerifiedOrders) await verify(context, logs);
  return { variant: `on ${orders.toLocaleString('en-US')} orders`, logs };
}

/** One run of B1 or B2 on a copy of the logs. */
type StageRun = {
  readonly benchmark: string;
  readonly concurrency: number;
  readonly prepare: (dataDir: string) => void;
  readonly measure: (dataDir: string, label: string) => Promise<Measurement>;
};

function acceptOn(context: BenchContext, stage: Stage, round: number): Promise<Run> {
  return runOn(context, stage, round, {
    benchmark: 'growth B1',
    concurrency: acceptConnections,
    prepare: (dataDir) => stage.logs?.copyTo(dataDir, 'order'),
    measure: (dataDir, label) =>
      runAccept(context, { variant: 'group', connections: acceptConnections, dataDir, label }),
  });
}

function sagaOn(context: BenchContext, stage: Stage, round: number): Promise<Run> {
  return runOn(context, stage, round, {
    benchmark: 'growth B2',
    concurrency: sagaInFlight,
    prepare: (dataDir) => stage.logs?.copyTo(dataDir),
    measure: async (dataDir, label) =>
      (await runSaga(context, { inFlight: sagaInFlight, place: 'sqlite', dataDir, label })).completion,
  });
}

async function runOn(context: BenchContext, { variant }: Stage, round: number, run: StageRun): Promise<Run> {
  const { workspace, progress } = context;
  const { benchmark, concurrency, prepare, measure } = run;
  const label = `${benchmark} ${variant}, round ${round}`;
  const once = async () => {
    const dataDir = workspace.directory('growth');
    prepare(dataDir);
    const measured = await measure(dataDir, label);
    workspace.remove(dataDir);
    return measured;
  };
  const measured = await undisturbed(context, label, once, (result) => result);
  progress.done(label, measured);
  return { benchmark, variant, concurrency, round, ...measured };
}

function ratiosOf(runs: readonly Run[], stage: Stage, empty: Stage): readonly Ratio[] {
  return ['growth B1', 'growth B2'].map((benchmark) => {
    const perSecond = ({ variant }: Stage) =>
      runs.filter((run) => run.benchmark === benchmark && run.variant === variant).map((run) => run.perSecond);
    const what = `throughput, ${stage.variant} over ${empty.variant}`;
    return { benchmark, what, ...ratioOf(perSecond(stage), perSecond(empty)), goal: flatGoal };
  });
}

const VerificationSchema = z.object({
  ok: z.boolean(),
  services: z.array(z.object({ service: z.string(), counts: z.object({ streams: z.int() }) })),
});

/** Lets the platform replay what was filled in and hold it against its read models. */
async function verify(context: BenchContext, logs: GrownLogs): Promise<void> {
  const dataDir = context.workspace.directory('verify');
  logs.copyTo(dataDir);
  const platform = await startPlatform(context, dataDir);
  try {
    const answer = await fetch(`${platform.url}/ops/log/verify`);
    const { ok, services } = VerificationSchema.parse(await answer.json());
    if (!ok) throw new BenchError('the platform finds fault with the logs that were filled');
    const incomplete = services.find(({ counts }) => counts.streams !== logs.size.orders);
    if (incomplete !== undefined) {
      throw new BenchError(`${incomplete.service} has ${incomplete.counts.streams} of ${logs.size.orders} orders`);
    }
  } finally {
    await platform.stop();
    context.workspace.remove(dataDir);
  }
}
