import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { firstSentence, wholeNumber } from '@checkout/cli';

/** What the command line asks for. `refused` holds one line that says what is wrong with it. */
export type SimulationArguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly message: string }
  | SimulationRun;

export type SimulationRun = {
  readonly kind: 'run';
  /** The seeds `from`, `from + 1`, … */
  readonly from: number;
  readonly seeds: number;
  /** Orders in each run; drawn from the seed when it is left out. */
  readonly orders: number | undefined;
  /** The defence that is switched off. */
  readonly mutant: string | undefined;
  /** Every mutant in turn, instead of the platform as it is. */
  readonly allMutants: boolean;
  /** What was found once, instead. */
  readonly regressions: boolean;
  /** Every seed twice, and the hashes compared. */
  readonly twice: boolean;
  readonly workers: number;
  readonly json: boolean;
  readonly verbose: boolean;
};

const maxSeed = 999_999_999;
const maxOrders = 1_000;
const maxWorkers = 256;
const defaultSeeds = 200;
const defaultMutantSeeds = 2_000;

/** Reads the arguments of `npm run simulate --`. */
export function readArguments(argv: readonly string[]): SimulationArguments {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        seeds: { type: 'string' },
        seed: { type: 'string' },
        from: { type: 'string' },
        orders: { type: 'string' },
        mutate: { type: 'string' },
        mutants: { type: 'boolean', default: false },
        regressions: { type: 'boolean', default: false },
        twice: { type: 'boolean', default: false },
        workers: { type: 'string', default: String(availableParallelism()) },
        json: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
      },
    });
    if (values.help) return { kind: 'help' };
    if (values.seed !== undefined && (values.seeds !== undefined || values.from !== undefined)) {
      throw new Error('--seed names one seed, --from and --seeds many: give one or the other');
    }
    if (values.mutants && values.mutate !== undefined)
      throw new Error('--mutants runs all of them: leave --mutate out');
    const seed = values.seed ?? values.from ?? '1';
    const many = values.seeds ?? String(values.mutants ? defaultMutantSeeds : defaultSeeds);
    if (values.regressions && (values.mutants || [values.mutate, values.seed, values.seeds].some(Boolean)))
      throw new Error('--regressions knows its seeds: leave --seed, --seeds and --mutate out');
    return {
      kind: 'run',
      from: wholeNumber(values.seed === undefined ? '--from' : '--seed', seed, { min: 0, max: maxSeed }),
      seeds: values.seed === undefined ? wholeNumber('--seeds', many, { min: 1, max: maxSeed }) : 1,
      orders:
        values.orders === undefined ? undefined : wholeNumber('--orders', values.orders, { min: 1, max: maxOrders }),
      mutant: values.mutate,
      allMutants: values.mutants,
      regressions: values.regressions,
      twice: values.twice,
      workers: wholeNumber('--workers', values.workers, { min: 1, max: maxWorkers }),
      json: values.json,
      verbose: values.verbose,
    };
  } catch (error) {
    return { kind: 'refused', message: `${firstSentence(error)}, see: npm run simulate -- --help` };
  }
}

export const helpText = `Runs the whole platform in simulated time, under storms that a seed decides: crashes at any moment, databases that lose
their answers, providers that time out and land late, clocks that jump, clients that send twice and give up. Afterwards the
money is checked to the cent. The same seed gives the same run, on any machine.

  npm run simulate                           ${defaultSeeds} seeds
  npm run simulate -- --seeds 20000          so many, beginning with --from (1)
  npm run simulate -- --seed 42 --verbose    one seed, with everything that happened in it
  npm run simulate -- --mutants              switches off one defence after the other; each has to be found out
  npm run simulate -- --mutate <name>        switches off this one
  npm run simulate -- --regressions          the seeds that found something once, with the defect and without it

  --orders <n>     orders in each run (drawn from the seed)
  --twice          runs every seed a second time, in another process with another time zone, and compares
  --workers <n>    processes (one for each core)
  --json           the result as JSON on standard output, and nothing else there
  --help           this text

Exit 0: no violation (with --mutants: no defence was missed). Exit 1: there is one; the command that replays it is printed.
`;
