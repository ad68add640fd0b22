import type { RedisConnection } from '@checkout/cache/redis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { createMemoryRateLimiter, rateWindowSeconds, takeFrom } from '../rate-limiter.memory.ts';
import type { RateLimiter } from '../rate-limiter.ts';

export type RedisRateLimiterOptions = {
  readonly redis: RedisConnection;
  /** Begins every key: limiters of one name count together. */
  readonly name: string;
  /** Requests per caller and second, over all instances. */
  readonly perSecond: number;
};

/**
 * Counts over all instances. While Redis is away each instance counts for itself, so that a caller is still bounded. What a
 * caller is refused is remembered here, so that refusing it again costs Redis nothing.
 */
export function createRedisRateLimiter({ redis, name, perSecond }: RedisRateLimiterOptions): RateLimiter {
  const alone = createMemoryRateLimiter({ perSecond });
  const together = new RateLimiterRedis({
    storeClient: redis.client,
    keyPrefix: `rate:${name}`,
    points: perSecond,
    duration: rateWindowSeconds,
    inMemoryBlockOnConsumed: perSecond + 1,
  });
  return {
    async take(caller) {
      try {
        // Not the library's own insurance: it would ask a Redis that hangs for every request.
        return await redis.run(() => takeFrom(together, caller));
      } catch {
        return alone.take(caller);
      }
    },
  };
}
