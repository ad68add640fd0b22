import { randomUUID } from 'node:crypto';
import { connectRedis } from '@checkout/cache/redis';
import { createVirtualClock, isAtOnce, patience } from '@checkout/kernel/testing';
import { createMetrics } from '@checkout/runtime';
import { createSilentLogger, createTcpProxy } from '@checkout/runtime/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { RateLimiter } from '../rate-limiter.ts';
import { createRedisRateLimiter } from './rate-limiter.redis.ts';

const url = process.env['REDIS_URL'] ?? '';
const perSecond = 5;
/** As long as a Redis that failed is left alone, milliseconds. */
const probeMs = 2_000;

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

/** One instance of a service. */
async function openLimiter(name: string, at = url) {
  const clock = createVirtualClock();
  const redis = connectRedis({
    url: at,
    clock,
    logger: createSilentLogger(),
    metrics: createMetrics('test'),
  });
  endings.push(() => redis.close());
  /** It is tried again and again, until it answers. */
  const untilItAnswers = () =>
    vi.waitFor(async () => {
      await clock.advance(probeMs);
      await redis.run((client) => client.ping());
    }, patience);
  await untilItAnswers();
  return { redis, untilItAnswers, limiter: createRedisRateLimiter({ redis, name, perSecond }) };
}

const take = async (count: number, ...limiters: readonly RateLimiter[]) => {
  const verdicts = await Promise.all(
    Array.from({ length: count }, (_, index) => limiters[index % limiters.length]!.take('peer 192.0.2.1')),
  );
  return verdicts.filter(({ allowed }) => allowed).length;
};

describe.skipIf(url === '')('Redis (skipped without REDIS_URL)', () => {
  test('counts a caller over all instances', async () => {
    const name = randomUUID();
    const [one, other] = [await openLimiter(name), await openLimiter(name)];

    expect(await take(20, one.limiter, other.limiter)).toBe(perSecond);
    expect(await one.limiter.take('peer 192.0.2.2')).toMatchObject({
      allowed: true,
      limit: perSecond,
      remaining: perSecond - 1,
    });
    const refused = await other.limiter.take('peer 192.0.2.1');
    expect(refused).toMatchObject({ allowed: false, limit: perSecond, remaining: 0 });
    expect(refused.resetMs).toBeGreaterThan(0);
    expect(refused.resetMs).toBeLessThanOrEqual(1_000);
    await vi.waitFor(async () => expect((await other.limiter.take('peer 192.0.2.1')).allowed).toBe(true), patience);
  });

  test.each(['cut', 'hang'] as const)('that is away (%s) leaves each instance to itself', async (fault) => {
    const proxy = await createTcpProxy(url);
    endings.push(() => proxy.close());
    const { limiter, redis, untilItAnswers } = await openLimiter(randomUUID(), proxy.url);
    proxy[fault]();

    expect(await take(20, limiter)).toBe(perSecond);
    expect(await isAtOnce(() => limiter.take('peer 192.0.2.2'))).toBe(true);

    proxy.mend();
    await untilItAnswers();
    expect(redis.client.status).toBe('ready');
    expect((await limiter.take('peer 192.0.2.3')).remaining).toBe(perSecond - 1);
  });

  test('that holds something else under the key leaves the instance to itself', async () => {
    const name = randomUUID();
    const { limiter, redis } = await openLimiter(name);
    await redis.client.hset(`rate:${name}:peer 192.0.2.1`, 'a', 1);
    endings.push(() => redis.client.del(`rate:${name}:peer 192.0.2.1`));

    expect(await take(20, limiter)).toBe(perSecond);
  });
});
