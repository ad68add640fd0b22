import type { Mutant } from '../mutants/registry.ts';
import type { SimulationRun } from './arguments.ts';
import type { Caught } from './mutant-verdict.ts';
import { createPool } from './worker-pool.ts';
import { tasksOf } from './worker-protocol.ts';

/** Switches a defence off and runs the seeds until one of them misses it. */
export async function catchMutant(
  mutant: Mutant,
  { from, seeds, orders, workers }: Pick<SimulationRun, 'from' | 'seeds' | 'orders' | 'workers'>,
): Promise<Caught> {
  const pool = createPool({ workers: Math.min(workers, seeds), mutant: mutant.name });
  let ran = 0;
  let caught: Caught = { mutant, afterSeeds: undefined, by: '' };
  const found = (by: string) => {
    if (caught.afterSeeds === undefined) caught = { mutant, afterSeeds: ran, by };
    return 'enough' as const;
  };
  await pool.run(tasksOf({ from, seeds, orders, verbose: false }), {
    onResult({ violations }) {
      ran += 1;
      const [first] = violations;
      return first === undefined ? 'go on' : found(`${first.invariant} ${first.code}`);
    },
    onBroken({ error }) {
      ran += 1;
      return found(`broke: ${error.split('\n', 1)[0] ?? ''}`);
    },
  });
  return caught;
}
