import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimiter, RateVerdict } from './rate-limiter.ts';

export const rateWindowSeconds = 1;

/** Counts what comes to this process alone: of n instances, each lets through as much. */
export function createMemoryRateLimiter({ perSecond }: { readonly perSecond: number }): RateLimiter {
  const limiter = new RateLimiterMemory({ points: perSecond, duration: rateWindowSeconds });
  return { take: (caller) => takeFrom(limiter, caller) };
}

/** @throws what the limiter's store throws */
export async function takeFrom(limiter: RateLimiterAbstract, caller: string): Promise<RateVerdict> {
  const verdict = (allowed: boolean, { remainingPoints, msBeforeNext }: RateLimiterRes): RateVerdict => ({
    allowed,
    limit: limiter.points,
    remaining: remainingPoints,
    resetMs: msBeforeNext,
  });
  try {
    return verdict(true, await limiter.consume(caller));
  } catch (refusal) {
    // The library refuses by a rejection that is no Error.
    if (refusal instanceof RateLimiterRes) return verdict(false, refusal);
    throw refusal;
  }
}
