import { type BenchContext, StoppedError } from '../bench-context.ts';
import type { Measurement } from './measure.ts';

/** More than the platform's own disk and network work takes. */
const maxOtherCpuShare = 0.1;
const pauseMs = 5_000;

/**
 * Repeats a run that other programs disturbed, up to `patience` times; the last one counts whatever it met.
 *
 * @throws StoppedError, and whatever `run` throws
 */
export async function undisturbed<Result>(
  { patience, progress, clock, signal }: BenchContext,
  label: string,
  run: () => Promise<Result>,
  measurementOf: (result: Result) => Measurement,
): Promise<Result> {
  for (let repeats = 0; ; repeats += 1) {
    const result = await run();
    const { otherCpuShare } = measurementOf(result);
    if (otherCpuShare <= maxOtherCpuShare || repeats === patience) return result;
    progress.say(`${label}: other programs took ${Math.round(otherCpuShare * 100)} % of the machine, measured again`);
    await clock.sleep(pauseMs, signal);
    if (signal.aborted) throw new StoppedError();
  }
}
