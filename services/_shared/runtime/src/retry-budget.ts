/** Allows retries only as a share of calls, so that a failing provider is not answered with a multiple of the traffic. */
export type RetryBudget = {
  /** Counts a call, which earns `ratio` of a retry. */
  earn(): void;
  /** Spends one retry; `false` when none is left. */
  spend(): boolean;
};

/**
 * @param ratio retries per call in the long run, 0.1 = 10 %
 * @param reserve retries that a quiet dependency may always make, and the most that can be saved up
 */
export function createRetryBudget(ratio: number, reserve: number): RetryBudget {
  let saved = reserve;
  return {
    earn() {
      saved = Math.min(reserve, saved + ratio);
    },
    spend() {
      if (saved < 1) return false;
      saved -= 1;
      return true;
    },
  };
}
