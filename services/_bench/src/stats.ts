/** What several runs of one thing came to. */
export type Spread = { readonly median: number; readonly min: number; readonly max: number };

/**
 * The smallest value that this share (0 to 1) of all values does not exceed.
 * @throws Error when there are none
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error('a percentile of nothing');
  return value;
}

/**
 * How long the middle, the slowest hundredth and the slowest of some operations took, in the unit of the times.
 * @throws Error when there are none
 */
export function latenciesOf(timesMs: readonly number[]): {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
} {
  return { p50Ms: percentile(timesMs, 0.5), p99Ms: percentile(timesMs, 0.99), maxMs: percentile(timesMs, 1) };
}

/**
 * The middle value, or the mean of the two in the middle.
 * @throws Error when there are none
 */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)];
  if (upper === undefined) throw new Error('a median of nothing');
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? upper)) / 2 : upper;
}

/** @throws Error when there are no values */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * The ratio of two variants that took turns: each round's own, because both halves of a round met the same machine.
 *
 * @param values one per round
 * @param baseline one per round, in the same order
 * @throws Error when the rounds do not match, or a baseline is 0
 */
export function ratioOf(values: readonly number[], baseline: readonly number[]): Spread {
  if (values.length !== baseline.length) throw new Error(`${values.length} rounds beside ${baseline.length}`);
  return spreadOf(
    values.map((value, round) => {
      const base = baseline[round];
      if (base === undefined || base === 0) throw new Error(`the baseline of round ${round + 1} is ${base}`);
      return value / base;
    }),
  );
}
