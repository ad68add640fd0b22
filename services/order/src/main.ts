import process from 'node:process';
import { connectRedis } from '@checkout/cache/redis';
import { connectService } from '@checkout/hosting';
import { type ProgramParts, runProgram } from '@checkout/http';
import { createRedisRateLimiter } from '@checkout/http/redis';
import { createMetrics } from '@checkout/runtime';
import { createRedisOrderCache } from './adapters/outbound/order-cache.redis.ts';
import { composeOrder, ordersTable } from './composition.ts';
import { loadOrderConfig, type OrderConfig } from './config.ts';

const migrations = new URL('../drizzle/', import.meta.url);

await runProgram({
  name: 'order',
  title: 'Orders',
  command: 'node services/order/src/main.ts',
  configure: () => loadOrderConfig(process.env),
  async open(config, parts) {
    const { clock, ids, random, logger } = parts;
    const { metrics, rateLimiter, redis } = openShared(config, parts);
    const connected = await connectService(
      config,
      { ...parts, metrics },
      { service: 'order', table: ordersTable, migrations },
    );
    const cache = redis === undefined ? undefined : createRedisOrderCache(redis, { ...connected, metrics });
    const { module, ...order } = composeOrder({ ...connected, clock, ids, random, logger, metrics, cache });
    const hosted = connected.hosted(order);
    const cacheState = () => (redis === undefined ? [] : [{ name: 'redis', ok: redis.isUp(), required: false }]);
    return {
      ...order,
      ...hosted,
      dependencies: () => [...hosted.dependencies(), ...cacheState()],
      modules: [module],
      rateLimiter,
      async close() {
        await connected.close();
        redis?.close();
      },
    };
  },
});

/** What the instances have in common when there is a Redis; nothing of it is needed. */
function openShared({ redis: address, rateLimitPerS }: OrderConfig, { clock, logger }: ProgramParts) {
  const metrics = createMetrics('order');
  if (address === undefined) return { metrics };
  const redis = connectRedis({ ...address, clock, logger, metrics });
  return {
    redis,
    metrics,
    rateLimiter:
      rateLimitPerS === undefined
        ? undefined
        : createRedisRateLimiter({ redis, name: 'order', perSecond: rateLimitPerS }),
  };
}
