import { fileURLToPath } from 'node:url';
import { type TelemetryMode, telemetryModes } from '@checkout/telemetry';
import { acceptOnFreshLog } from '../accept/accept-benchmark.ts';
import { type BenchContext, BenchError } from '../bench-context.ts';
import { type ServerProcess, startServer } from '../child/server-process.ts';
import type { Measurement } from '../load/measure.ts';
import type { BenchmarkResult, Ratio, Run } from '../report/report.ts';
import { ratioOf } from '../stats.ts';

const collectorEntry = fileURLToPath(import.meta.resolve('./collector.ts'));
const defaultConnections = 64;

const settingsOf: Readonly<Record<TelemetryMode, (collectorUrl: string) => Readonly<Record<string, string>>>> = {
  off: () => ({}),
  otel: (url) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url }),
  datadog: (url) => ({ DD_TRACE_AGENT_URL: url }),
};

/**
 * What telemetry costs the accept path of B1: every request is traced and every span sent to a collector on this machine, beside
 * none. The modes take turns, each on a fresh log.
 *
 * @throws BenchError also when a mode sent nothing
 */
export async function benchmarkTelemetry(
  context: BenchContext,
  connections = defaultConnections,
): Promise<BenchmarkResult> {
  const runs: Run[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    for (const mode of telemetryModes) {
      const label = `telemetry, ${connections} connections, ${mode}, round ${round}`;
      const measured = await acceptTraced(context, mode, connections, label);
      context.progress.done(label, measured);
      runs.push({ benchmark: 'telemetry', variant: mode, concurrency: connections, round, ...measured });
    }
  }
  return { ratios: (['otel', 'datadog'] as const).flatMap((mode) => ratiosOf(runs, mode, connections)), runs };
}

async function acceptTraced(
  context: BenchContext,
  mode: TelemetryMode,
  connections: number,
  label: string,
): Promise<Measurement> {
  const dataDir = context.workspace.directory('collector');
  const collector = await startServer(context, { entry: collectorEntry, dataDir });
  try {
    const environment = { TELEMETRY: mode, ...settingsOf[mode](collector.url) };
    const measured = await acceptOnFreshLog(context, { variant: 'group', connections, label, environment }, 'sqlite');
    const bytes = await takenBy(collector);
    if (bytes > 0 !== (mode !== 'off')) throw new BenchError(`with telemetry ${mode} ${bytes} bytes were sent`);
    return measured;
  } finally {
    await collector.stop();
    context.workspace.remove(dataDir);
  }
}

async function takenBy({ url }: ServerProcess): Promise<number> {
  const answer = await fetch(`${url}/taken`);
  return Number(await answer.text());
}

function ratiosOf(runs: readonly Run[], mode: TelemetryMode, connections: number): readonly Ratio[] {
  const values = (variant: TelemetryMode, read: (measured: Measurement) => number) =>
    runs.filter((run) => run.variant === variant).map(read);
  const ratio = (read: (measured: Measurement) => number) => ratioOf(values(mode, read), values('off', read));
  const over = `${mode} over off, every request traced, ${connections} connections`;
  return [
    { benchmark: 'telemetry', what: `throughput, ${over}`, ...ratio(({ perSecond }) => perSecond) },
    { benchmark: 'telemetry', what: `p99, ${over}`, ...ratio(({ p99Ms }) => p99Ms) },
    {
      benchmark: 'telemetry',
      what: `CPU per request, ${over}`,
      ...ratio(({ cpuUsPerOperation }) => cpuUsPerOperation),
    },
  ];
}
