import type { SeedResult } from '../run/run-seed.ts';

/** What the parent asks of a worker. */
export type Task = { readonly seed: number; readonly orders: number | undefined; readonly verbose: boolean };

/** One task for each of the seeds `from`, `from + 1`, … */
export function* tasksOf({
  from,
  seeds,
  orders,
  verbose,
}: Omit<Task, 'seed'> & { readonly from: number; readonly seeds: number }): Generator<Task> {
  for (let seed = from; seed < from + seeds; seed += 1) yield { seed, orders, verbose };
}

/** What a worker answers: the result, or how the run itself broke. */
export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly result: SeedResult }
  | { readonly kind: 'broke'; readonly seed: number; readonly error: string };
