export type { RedisRateLimiterOptions } from './rate-limiter.redis.ts';
export { createRedisRateLimiter } from './rate-limiter.redis.ts';
