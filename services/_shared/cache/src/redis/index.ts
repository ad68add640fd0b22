export type { RedisCacheOptions } from './cache.redis.ts';
export { createRedisCache } from './cache.redis.ts';
export type { RedisAddress, RedisConnection, RedisConnectionOptions } from './redis-connection.ts';
export { connectRedis, loginOf } from './redis-connection.ts';
