import process from 'node:process';
import { createProgressBar } from '@checkout/cli';
import { mutants } from '../mutants/registry.ts';
import type { SimulationRun } from './arguments.ts';
import { catchMutant } from './catch-mutant.ts';
import { type Caught, verdictOf } from './mutant-verdict.ts';

const nameWidth = 40;
const seedsWidth = 8;

/**
 * Switches off one defence after the other and looks how many seeds it takes to find out. A defence that no seed misses is
 * masked by another one, which its registry entry has to name, or not needed.
 */
export async function runMutants(simulation: SimulationRun): Promise<number> {
  const { json, seeds } = simulation;
  const progress = createProgressBar(process.stderr, () => performance.now());
  const results: Caught[] = [];
  for (const [index, mutant] of mutants.entries()) {
    progress.update({ total: mutants.length, finished: index, text: `${index} of ${mutants.length}: ${mutant.name}` });
    const limit = Math.max(seeds, mutant.atLeastSeeds ?? 0);
    const result = await catchMutant(mutant, { ...simulation, seeds: limit });
    results.push(result);
    progress.say(lineOf(result, seeds));
  }
  progress.update({ total: mutants.length, finished: mutants.length, text: `${mutants.length} mutants` });
  progress.end();
  const verdict = verdictOf(results, seeds);
  if (json) {
    const rows = results.map(({ mutant: { name, masked }, afterSeeds, by }) => ({ name, masked, afterSeeds, by }));
    process.stdout.write(`${JSON.stringify({ seeds, mutants: rows })}\n`);
  } else {
    process.stdout.write(`${[...tableOf(results, seeds), '', verdict.text].join('\n')}\n`);
  }
  return verdict.ok ? 0 : 1;
}

function tableOf(results: readonly Caught[], seeds: number): readonly string[] {
  return [row('defence switched off', 'seeds', 'found out by'), ...results.map((result) => lineOf(result, seeds))];
}

function lineOf({ mutant: { name, masked }, afterSeeds, by }: Caught, seeds: number): string {
  if (afterSeeds !== undefined) return row(name, String(afterSeeds), by);
  return row(name, `> ${seeds}`, masked === undefined ? 'MISSED' : `masked: ${masked}`);
}

function row(name: string, after: string, by: string): string {
  return `  ${name.padEnd(nameWidth)}${after.padStart(seedsWidth)}  ${by}`;
}
