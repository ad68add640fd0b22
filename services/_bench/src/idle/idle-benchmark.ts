import { type BenchContext, StoppedError } from '../bench-context.ts';
import type { BenchmarkResult, Ratio } from '../report/report.ts';
import { startPlatformOnKafka } from '../saga/platform-on-kafka.ts';
import { spreadOf } from '../stats.ts';

const bytesPerMebibyte = 2 ** 20;
/** Until everybody has joined its group and the compiler has nothing left to do. */
const settleMs = 20_000;
const goal = { atMost: 0.5 };

/** What each service's process takes of a core and of memory while nothing happens. */
export async function benchmarkIdle(context: BenchContext, seconds: number): Promise<BenchmarkResult> {
  const { clock, signal, progress } = context;
  const platform = await startPlatformOnKafka(context);
  const rest = async (what: string, ms: number) => {
    progress.update(`idle: ${what}`);
    await clock.sleep(ms, signal);
    if (signal.aborted) throw new StoppedError();
  };
  try {
    await rest('coming to rest', settleMs);
    const before = await platform.usage();
    await rest(`${seconds} s of nothing`, seconds * 1_000);
    const after = await platform.usage();
    const ratios = Object.entries(after.byProcess ?? {}).flatMap(([name, { cpuMs, rssBytes }]): readonly Ratio[] => {
      const percent = ((cpuMs - (before.byProcess?.[name]?.cpuMs ?? 0)) / (seconds * 1_000)) * 100;
      return [
        { benchmark: 'idle', what: `% of a core, ${name}`, ...spreadOf([percent]), goal },
        { benchmark: 'idle', what: `MiB of memory, ${name}`, ...spreadOf([rssBytes / bytesPerMebibyte]) },
      ];
    });
    return { ratios, runs: [] };
  } finally {
    await platform.stop();
  }
}
