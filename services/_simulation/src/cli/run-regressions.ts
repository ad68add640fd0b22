import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { z } from 'zod';
import { findMutant } from '../mutants/registry.ts';
import type { SimulationRun } from './arguments.ts';
import { catchMutant } from './catch-mutant.ts';
import { createPool } from './worker-pool.ts';
import { tasksOf } from './worker-protocol.ts';

/** What the simulation found once: the seed that shows it, and the mutant that brings it back. */
const RegressionsSchema = z.array(
  z.strictObject({
    seen: z.string().min(1),
    cause: z.string().min(1),
    mutant: z.string().min(1),
    seed: z.int().min(0),
  }),
);

type Regression = z.infer<typeof RegressionsSchema>[number];

const regressionsFile = new URL('../../regressions.json', import.meta.url);

/** @throws Error when the file does not hold regressions */
async function readRegressions(): Promise<readonly Regression[]> {
  return RegressionsSchema.parse(JSON.parse(await readFile(regressionsFile, 'utf8')));
}

const seedWidth = 8;
const mutantWidth = 34;

/**
 * Runs the seed of each regression twice: as the platform is, which has to keep the invariants, and with the defect brought
 * back, which the seed has to show. So a seed that has gone blunt, because the storm draws otherwise by now, is noticed.
 */
export async function runRegressions({ workers, orders, json }: SimulationRun): Promise<number> {
  const results = [];
  for (const regression of await readRegressions()) {
    const one = { from: regression.seed, seeds: 1, orders, workers };
    const violated = await violationsOf(one);
    const { afterSeeds, by } = await catchMutant(findMutant(regression.mutant), one);
    const result = { ...regression, violated, shownBy: afterSeeds === undefined ? undefined : by };
    results.push(result);
    if (!json) process.stdout.write(`${lineOf(result)}\n`);
  }
  const came = results.filter(({ violated }) => violated.length > 0).map(({ seed }) => seed);
  const blunt = results.filter(({ shownBy }) => shownBy === undefined).map(({ seed, mutant }) => `${seed} (${mutant})`);
  if (json) process.stdout.write(`${JSON.stringify({ regressions: results })}\n`);
  else process.stdout.write(`\n${verdictOf(results.length, came, blunt)}\n`);
  return came.length + blunt.length === 0 ? 0 : 1;
}

async function violationsOf({ from, seeds, orders }: Pick<SimulationRun, 'from' | 'seeds' | 'orders'>) {
  const found: string[] = [];
  await createPool({ workers: 1 }).run(tasksOf({ from, seeds, orders, verbose: false }), {
    onResult({ violations }) {
      found.push(...violations.map(({ invariant, code }) => `${invariant} ${code}`));
      return 'go on';
    },
    onBroken({ error }) {
      found.push(`broke: ${error}`);
      return 'go on';
    },
  });
  return found;
}

function lineOf({
  seed,
  mutant,
  seen,
  violated,
  shownBy,
}: Regression & { readonly violated: readonly string[]; readonly shownBy: string | undefined }): string {
  const now = violated.length === 0 ? 'mended' : `VIOLATED: ${violated.join(', ')}`;
  const then = shownBy === undefined ? 'NO LONGER SHOWN by this seed' : `shown by ${shownBy}`;
  return `  ${String(seed).padStart(seedWidth)}  ${mutant.padEnd(mutantWidth)} ${seen}: ${now}, ${then}`;
}

function verdictOf(count: number, came: readonly number[], blunt: readonly string[]): string {
  if (came.length > 0) return `VIOLATED: npm run simulate -- --verbose --seed ${came.join(', ')}`;
  if (blunt.length > 0)
    return `BLUNT: another seed has to be found, by npm run simulate -- --mutate, for ${blunt.join(', ')}`;
  return `OK: ${count} regressions stay mended, and their seeds still show what they did`;
}
