/** What a caller may still do. */
export type RateVerdict = {
  readonly allowed: boolean;
  /** Requests that a caller has in each window. */
  readonly limit: number;
  /** Of them, left in this window. */
  readonly remaining: number;
  /** Until the next window begins, milliseconds. */
  readonly resetMs: number;
};

/** Counts requests per caller in windows of one second, which begin with a caller's first request. */
export type RateLimiter = {
  /** Counts one request. Never rejects, and takes 500 ms at most: who cannot count lets nobody wait for it. */
  take(caller: string): Promise<RateVerdict>;
};
