import type { SeedResult } from '../run/run-seed.ts';
import { faultTitles, providerFaultTitles } from '../storm/faults.ts';

/** What many seeds came to. */
export type Tally = {
  readonly seeds: number;
  readonly orders: number;
  /** Orders by their final state. */
  readonly states: Readonly<Record<string, number>>;
  /** How often each fault struck, in all seeds together. */
  readonly strikes: Readonly<Record<string, number>>;
  /** Seeds in which nothing at all went wrong. */
  readonly quiet: number;
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
  quiet: 0,
  withCrash: 0,
  virtualMs: 0,
  steps: 0,
};

export function addToTally(tally: Tally, { states, strikes, virtualMs, steps }: SeedResult): Tally {
  const crashes = (strikes[faultTitles.crashEveryMs] ?? 0) + (strikes[faultTitles.crashAtCall] ?? 0);
  return {
    seeds: tally.seeds + 1,
    orders: tally.orders + Object.values(states).reduce((sum, count) => sum + count, 0),
    states: addCounts(tally.states, states),
    strikes: addCounts(tally.strikes, strikes),
    quiet: tally.quiet + (Object.keys(strikes).length === 0 ? 1 : 0),
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

/** From so many seeds on every fault has to have struck: a rare one may be missing from less. */
const enoughSeeds = 1_000;
const minCrashShare = 0.3;
const maxQuietShare = 0.01;

/** Why a run proves nothing (I10): faults that never struck, or too few crashes. Empty for a run that does. */
export function vacuities({ seeds, strikes, quiet, withCrash }: Tally): readonly string[] {
  if (seeds < enoughSeeds) return [];
  const missing = [...Object.values(faultTitles), ...providerFaultTitles].filter(
    (title) => strikes[title] === undefined,
  );
  const share = withCrash / seeds;
  return [
    ...missing.map((title) => `never struck: ${title}`),
    ...(quiet / seeds > maxQuietShare ? [`${quiet} seeds had no fault at all`] : []),
    ...(share < minCrashShare ? [`only ${(100 * share).toFixed(1)} % of the seeds had a crash`] : []),
  ];
}
