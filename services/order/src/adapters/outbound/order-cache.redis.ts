import type { Cache } from '@checkout/cache';
import { createRedisCache, type RedisConnection } from '@checkout/cache/redis';
import { type EventLog, latestEpoch } from '@checkout/event-log';
import type { Metrics } from '@checkout/runtime';
import type { OrderRecord } from '../../application/order-record.ts';
import { OrderSchema } from '../inbound/http/schemas.ts';

/**
 * Copies of orders that the instances share. What another release wrote is used when it is what the API shows; what was copied
 * before the log was restored from a backup is not.
 */
export function createRedisOrderCache(
  redis: RedisConnection,
  { metrics, log }: { readonly metrics: Metrics; readonly log: Pick<EventLog, 'identity'> },
): Cache<OrderRecord> {
  return createRedisCache<OrderRecord>({
    redis,
    name: 'orders',
    generation: latestEpoch(log.identity),
    metrics,
    decode: (json) => OrderSchema.safeParse(json).data as OrderRecord | undefined,
  });
}
