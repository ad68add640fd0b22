import { createRedisCache, connectRedis } from '@checkout/cache/redis';
import type { LogIdentity } from '@checkout/event-log';
import type { OrderId } from '@checkout/kernel';
import { createSeededIds, patience } from '@checkout/kernel/testing';
import { createMetrics, createSystemClock } from '@checkout/runtime';
import { createSilentLogger } from '@checkout/runtime/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createRedisOrderCache } from '../src/adapters/outbound/order-cache.redis.ts';
import type { OrderRecord } from '../src/application/order-record.ts';

const url = process.env['REDIS_URL'] ?? '';

const endings: (() => unknown)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

const order: OrderRecord = {
  id: createSeededIds().uuid() as OrderId,
  userId: 'u-1',
  status: 'FAILED',
  currency: 'EUR',
  items: [{ productId: 'sku-1', quantity: 2, unitPrice: 1999 }],
  total: 3998,
  cancellation: 'none',
  failure: { code: 'payment-declined', step: 'authorize-payment', detail: 'no' },
  version: 4,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:01.000Z',
};

const made: LogIdentity = { logId: 'a log', service: 'order', partitions: 1, epoch: 1 };

async function open() {
  const metrics = createMetrics('order');
  const redis = connectRedis({ url, clock: createSystemClock(), logger: createSilentLogger(), metrics });
  endings.push(() => redis.close());
  await vi.waitFor(() => redis.run((client) => client.ping()), patience);
  const raw = createRedisCache<unknown>({ redis, name: 'orders', generation: 1, metrics, decode: (json) => json });
  const cacheOf = (identity: LogIdentity) => createRedisOrderCache(redis, { metrics, log: { identity } });
  return { cache: cacheOf(made), restored: cacheOf({ ...made, restores: [{ epoch: 2, from: [1] }] }), raw };
}

describe.skipIf(url === '')('Redis (skipped without REDIS_URL)', () => {
  test('keeps an order as it is shown', async () => {
    const { cache } = await open();
    await cache.set(order.id, { version: order.version, value: order }, 60_000);

    expect(await cache.get(order.id)).toEqual({ version: 4, value: order });
    await cache.delete(order.id);
  });

  test('knows nothing of what was shown before the log was restored: it may be ahead of it', async () => {
    const { cache, restored } = await open();
    await cache.set(order.id, { version: order.version, value: order }, 60_000);

    expect(await restored.get(order.id)).toBeUndefined();
    await cache.delete(order.id);
  });

  test.each([
    ['a status of a newer release', { ...order, status: 'RETURNED' }],
    ['no total', { ...order, total: undefined }],
    ['no order', 'u-1'],
  ])('passes over what has %s', async (_, value) => {
    const { cache, raw } = await open();
    await raw.set(order.id, { version: 4, value }, 60_000);

    expect(await cache.get(order.id)).toBeUndefined();
    await cache.delete(order.id);
  });
});
