import type { Cache } from '@checkout/cache';
import { createRedisCache, type RedisConnection } from '@checkout/cache/redis';
import type { Metrics } from '@checkout/runtime';
import type { OrderRecord } from '../../application/order-record.ts';
import { OrderSchema } from '../inbound/http/schemas.ts';

/** Copies of orders that the instances share. What another release wrote is used when it is what the API shows. */
export function createRedisOrderCache(redis: RedisConnection, metrics: Metrics): Cache<OrderRecord> {
  return createRedisCache<OrderRecord>({
    redis,
    name: 'orders',
    metrics,
    decode: (json) => OrderSchema.safeParse(json).data as OrderRecord | undefined,
  });
}
