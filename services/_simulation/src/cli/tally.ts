import type { SeedResult } from '../run/run-seed.ts';

/** What many seeds came to. */
export type Tally = {
  readonly seeds: number;
  readonly orders: number;
  /** Orders by their final state. */
  readonly states: Readonly<Record<string, number>>;
  /** How often each fault struck, in all seeds together. */
  readonly strikes: Readonly<Record<string, number>>;
  /** Seeds in which some process crashed. */
  readonly withCrash: number;
  readonly virtualMs: number;
  readonly steps: number;
};

export const emptyTally: Tally = {
  seeds: 0,
  orders: 0,
  states: {},
  strikes: {},
  withCrash: 0,
  virtualMs: 0,
  steps: 0,
};

export function addToTally(tally: Tally, { states, strikes, virtualMs, steps }: SeedResult): Tally {
  const crashes = (strikes['crashEveryMs'] ?? 0) + (strikes['crashAtCall'] ?? 0);
  return {
    seeds: tally.seeds + 1,
    orders: tally.orders + Object.values(states).reduce((sum, count) => sum + count, 0),
    states: addCounts(tally.states, states),
    strikes: addCounts(tally.strikes, strikes),
    withCrash: tally.withCrash + (crashes > 0 ? 1 : 0),
    virtualMs: tally.virtualMs + virtualMs,
    steps: tally.steps + steps,
  };
}

type Counts = Readonly<Record<string, number>>;

function addCounts(left: Counts, right: Counts): Counts {
  const sum: Record<string, number> = { ...left };
  for (const [name, count] of Object.entries(right)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
