import type { SeedResult } from '../run/run-seed.ts';

/** What the parent asks of a worker. */
export type Task = { readonly seed: number; readonly orders: number | undefined; readonly verbose: boolean };

/** What a worker answers: the result, or how the run itself broke. */
export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly result: SeedResult }
  | { readonly kind: 'broke'; readonly seed: number; readonly error: string };
