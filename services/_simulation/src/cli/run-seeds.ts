import process from 'node:process';
import { createProgressBar } from '@checkout/cli';
import type { SeedResult } from '../run/run-seed.ts';
import type { SimulationRun } from './arguments.ts';
import { type Failure, failureLines, reportLines, timeline } from './report.ts';
import { addToTally, emptyTally, vacuities } from './tally.ts';
import { createPool } from './worker-pool.ts';
import { tasksOf } from './worker-protocol.ts';

const maxFailures = 50;
const interrupted = 130;

/** Runs the seeds, prints what they came to, and returns the exit code. */
export async function runSeeds(simulation: SimulationRun): Promise<number> {
  const { from, seeds, orders, mutant, workers, json, twice } = simulation;
  const verbose = simulation.verbose && seeds === 1;
  const pool = createPool({ workers: Math.min(workers, seeds), mutant });
  const progress = createProgressBar(process.stderr, () => performance.now());
  const startedAt = performance.now();
  const failures: Failure[] = [];
  const hashes = new Map<number, string>();
  let tally = emptyTally;
  let wasInterrupted = false;
  let shown: SeedResult | undefined;
  const stop = () => {
    wasInterrupted = true;
    pool.close();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);

  const enough = () => (failures.length >= maxFailures || wasInterrupted ? 'enough' : 'go on');
  await pool.run(tasksOf({ from, seeds, orders, verbose }), {
    onResult(result) {
      tally = addToTally(tally, result);
      hashes.set(result.seed, result.hash);
      shown = result;
      if (result.violations.length > 0) failures.push({ seed: result.seed, violations: result.violations });
      const perSecond = tally.seeds / ((performance.now() - startedAt) / 1000);
      const bad = failures.length === 0 ? '' : `, ${failures.length} with a violation`;
      progress.update({
        total: seeds,
        finished: tally.seeds,
        text: `${tally.seeds} of ${seeds} seeds, ${perSecond.toFixed(1)}/s${bad}`,
      });
      return enough();
    },
    onBroken({ seed, error }) {
      if (!wasInterrupted) failures.push({ seed, violations: [], error });
      return enough();
    },
  });
  progress.end();
  const different = twice && !wasInterrupted ? await compareWithOtherProcesses(simulation, hashes) : [];
  process.off('SIGINT', stop);
  process.off('SIGTERM', stop);
  failures.push(...different);

  const seconds = (performance.now() - startedAt) / 1000;
  const vacuous = mutant === undefined ? vacuities(tally) : [];
  const replay = (seed: number) =>
    `npm run simulate -- --seed ${seed} --verbose${orders === undefined ? '' : ` --orders ${orders}`}${mutant === undefined ? '' : ` --mutate ${mutant}`}`;
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...tally, seconds, failures, vacuous })}\n`);
  } else {
    if (verbose && shown !== undefined) {
      const lines = timeline(shown, shown.violations.length === 0);
      process.stdout.write(
        `${lines.join('\n')}\n\nthe storm: ${JSON.stringify(shown.storm, null, 2)}\nhash ${shown.hash}\n\n`,
      );
    }
    process.stdout.write(`${[...reportLines(tally, seconds), ...failureLines(failures, replay)].join('\n')}\n\n`);
    process.stdout.write(`${verdictOf(failures.length, tally.seeds, twice, vacuous)}\n`);
  }
  if (wasInterrupted) return interrupted;
  return failures.length === 0 && vacuous.length === 0 ? 0 : 1;
}

function verdictOf(failures: number, seeds: number, twice: boolean, vacuous: readonly string[]): string {
  if (failures > 0) return `VIOLATED in ${failures} of ${seeds} seeds`;
  if (vacuous.length > 0)
    return `VACUOUS: no violation in ${seeds} seeds, and they prove little: ${vacuous.join('; ')}`;
  return `OK: no violation in ${seeds} seeds${twice ? ', and each ran the same a second time' : ''}`;
}

/** The same seeds in processes that live elsewhere, speak another language and have another heap. */
async function compareWithOtherProcesses(
  { from, seeds, orders, workers, mutant }: SimulationRun,
  hashes: ReadonlyMap<number, string>,
): Promise<readonly Failure[]> {
  const elsewhere = createPool({
    workers: Math.min(workers, seeds),
    mutant,
    environment: { TZ: 'Pacific/Chatham', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
    execArgv: ['--max-old-space-size=512', '--max-semi-space-size=1'],
  });
  const different: Failure[] = [];
  await elsewhere.run(tasksOf({ from, seeds, orders, verbose: false }), {
    onResult({ seed, hash }) {
      const first = hashes.get(seed);
      if (first !== undefined && first !== hash) {
        different.push({ seed, violations: [], error: `ran differently a second time: ${first}, then ${hash}` });
      }
      return 'go on';
    },
    onBroken({ seed, error }) {
      different.push({ seed, violations: [], error });
      return 'go on';
    },
  });
  return different;
}
