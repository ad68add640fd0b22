import { type BenchContext, StoppedError } from '../bench-context.ts';
import { type CpuTimes, otherCpuShare } from './cpu-times.ts';
import type { Measurement } from './measure.ts';

/** More than the platform's own disk and network work takes. */
const maxOtherShare = 0.1;
const lookMs = 1_000;
/** The machine is calm when it was so for this many looks in a row. */
const calmLooks = 3;
/** Nobody waits for calm for ever. */
const maxLooks = 300;

/**
 * With patience: waits for a calm machine before a run, and repeats a run that other programs disturbed, so many times. The
 * last one counts whatever it met.
 *
 * @throws StoppedError, and whatever `run` throws
 */
export async function undisturbed<Result>(
  context: BenchContext,
  label: string,
  run: () => Promise<Result>,
  measurementOf: (result: Result) => Measurement,
): Promise<Result> {
  const { patience, progress } = context;
  for (let repeats = 0; ; repeats += 1) {
    if (patience > 0) await untilCalm(context);
    const result = await run();
    const { otherCpuShare: share } = measurementOf(result);
    if (share <= maxOtherShare || repeats === patience) return result;
    progress.say(`${label}: other programs took ${Math.round(share * 100)} % of the machine, measured again`);
  }
}

async function untilCalm({ clock, signal, progress, cpuTimes }: BenchContext): Promise<void> {
  let calm = 0;
  let before: CpuTimes = cpuTimes();
  for (let looks = 0; calm < calmLooks && looks < maxLooks; looks += 1) {
    await clock.sleep(lookMs, signal);
    if (signal.aborted) throw new StoppedError();
    const now = cpuTimes();
    calm = otherCpuShare(before, now, 0) <= maxOtherShare ? calm + 1 : 0;
    before = now;
    progress.update('waiting for a calm machine');
  }
}
