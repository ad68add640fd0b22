import process from 'node:process';
import { helpText, readArguments, type SimulationRun } from './cli/arguments.ts';
import { runMutants } from './cli/run-mutants.ts';
import { runRegressions } from './cli/run-regressions.ts';
import { runSeeds } from './cli/run-seeds.ts';
import { findMutant } from './mutants/registry.ts';

const given = readArguments(process.argv.slice(2));
switch (given.kind) {
  case 'help':
    process.stdout.write(helpText);
    break;
  case 'refused':
    process.stderr.write(`${given.message}\n`);
    process.exitCode = 2;
    break;
  case 'run':
    process.exitCode = await run(given);
}

async function run(simulation: SimulationRun): Promise<number> {
  if (simulation.mutant !== undefined) {
    try {
      findMutant(simulation.mutant);
    } catch (error) {
      process.stderr.write(`${(error as Error).message}\n`);
      return 2;
    }
  }
  try {
    if (simulation.regressions) return await runRegressions(simulation);
    return await (simulation.allMutants ? runMutants(simulation) : runSeeds(simulation));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
}
