import { exec } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { createVirtualClock, isAtOnce, patience } from '@checkout/kernel/testing';
import { createMetrics, createSystemClock, renderMetrics } from '@checkout/runtime';
import { createRecordingLogger, createTcpProxy } from '@checkout/runtime/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { describeCache } from '../testing/cache.contract.ts';
import { createRedisCache } from './cache.redis.ts';
import { connectRedis } from './redis-connection.ts';

const url = process.env['REDIS_URL'] ?? '';
const killCommand = process.env['REDIS_KILL_COMMAND'] ?? '';
const restartCommand = process.env['REDIS_RESTART_COMMAND'] ?? '';

/** As long as a Redis that failed is left alone, milliseconds. */
const probeMs = 2_000;

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

/** Entries of a cache of its own. */
async function openCache(at = url) {
  const logger = createRecordingLogger();
  const metrics = createMetrics('test');
  const clock = createVirtualClock();
  const redis = connectRedis({ url: at, clock, logger, metrics });
  endings.push(() => redis.close());
  const name = `test-${randomUUID()}`;
  const cache = createRedisCache<string>({
    redis,
    name,
    metrics,
    decode: (json) => (typeof json === 'string' && json !== 'from the future' ? json : undefined),
  });
  /** It is tried again and again, until it answers. */
  const untilItAnswers = () =>
    vi.waitFor(async () => {
      await clock.advance(probeMs);
      await redis.run((client) => client.ping());
    }, patience);
  await untilItAnswers();
  return { cache, redis, logger, metrics, untilItAnswers, keyOf: (key: string) => `cache:${name}:${key}` };
}

const openBehindProxy = async () => {
  const proxy = await createTcpProxy(url);
  endings.push(() => proxy.close());
  return { proxy, ...(await openCache(proxy.url)) };
};

const entry = (version: number) => ({ version, value: `v${version}` });
const ttlMs = 60_000;

describe.skipIf(url === '')('Redis (skipped without REDIS_URL)', () => {
  describeCache('the Redis cache', async () => {
    const { cache, redis, keyOf } = await openCache();
    return {
      cache,
      // Redis keeps its own time, so the entries grow older instead.
      async pass(ms) {
        const leftMs = await redis.client.pttl(keyOf('a'));
        await redis.client.pexpire(keyOf('a'), leftMs - ms);
      },
    };
  });

  test('an entry expires by itself', async () => {
    const { cache, redis, keyOf } = await openCache();
    await cache.set('a', entry(1), 49.5);

    await vi.waitFor(async () => expect(await redis.client.exists(keyOf('a'))).toBe(0), patience);
    expect(await cache.get('a')).toBeUndefined();
  });

  test('two processes share what is kept, the newest version of it', async () => {
    const { cache, redis, metrics, keyOf } = await openCache();
    const [, name = ''] = keyOf('').split(':');
    const other = createRedisCache<string>({ redis, name, metrics, decode: String });
    await cache.set('a', entry(2), ttlMs);
    await other.set('a', entry(1), ttlMs);

    expect(await other.get('a')).toEqual(entry(2));
  });

  describe('what is there and is not ours is a miss', () => {
    const fields = (version: string, value: string) => ({ version, value });
    test.each([
      ['no JSON', fields('1', '{"half":')],
      ['JSON that does not decode', fields('1', '"from the future"')],
      ['a version that is no number', fields('one', '"a"')],
      ['a value without a version', { value: '"a"' }],
      ['a version without a value', { version: '1' }],
    ])('%s, and a set replaces it', async (_, written) => {
      const { cache, redis, keyOf } = await openCache();
      await redis.client.hset(keyOf('a'), written);

      expect(await cache.get('a')).toBeUndefined();
      await cache.set('a', entry(1), ttlMs);
      expect(await cache.get('a')).toEqual(entry(1));
    });

    test('another type, and a set replaces it', async () => {
      const { cache, redis, logger, keyOf } = await openCache();
      await redis.client.set(keyOf('a'), 'text');

      expect(await cache.get('a')).toBeUndefined();
      await cache.set('a', entry(1), ttlMs);
      expect(await cache.get('a')).toEqual(entry(1));
      expect(logger.lines).toEqual([]);
    });
  });

  test('what was flushed, scripts included, is a miss and can be set again', async () => {
    const { cache, redis, keyOf } = await openCache();
    await cache.set('a', entry(2), ttlMs);
    await redis.client.del(keyOf('a'));
    await redis.client.script('FLUSH');

    expect(await cache.get('a')).toBeUndefined();
    await cache.set('a', entry(1), ttlMs);
    expect(await cache.get('a')).toEqual(entry(1));
  });

  describe('a Redis that is away', () => {
    test('is a miss at once, one log line, and comes back by itself', async () => {
      const { cache, redis, proxy, logger, untilItAnswers } = await openBehindProxy();
      await cache.set('a', entry(1), ttlMs);
      proxy.cut();
      await vi.waitFor(() => expect(redis.client.status).not.toBe('ready'), patience);

      for (let asked = 0; asked < 50; asked += 1) {
        expect(await isAtOnce(() => cache.get('a'))).toBe(true);
        expect(await cache.get('a')).toBeUndefined();
        expect(await isAtOnce(() => cache.set('a', entry(2), ttlMs))).toBe(true);
        expect(await isAtOnce(() => cache.delete('a'))).toBe(true);
      }
      expect(logger.lines.map(({ level, message }) => [level, message])).toEqual([
        ['warn', 'redis is away, going on without it'],
      ]);

      proxy.mend();
      await untilItAnswers();
      expect(await cache.get('a')).toEqual(entry(1));
      expect(logger.lines.map(({ message }) => message)).toEqual([
        'redis is away, going on without it',
        'redis is back',
      ]);
    });

    test('from the start is said once, and is found when it comes', async () => {
      const proxy = await createTcpProxy(url);
      endings.push(() => proxy.close());
      proxy.cut();
      const logger = createRecordingLogger();
      const metrics = createMetrics('test');
      const redis = connectRedis({ url: proxy.url, clock: createSystemClock(), logger, metrics });
      endings.push(() => redis.close());
      await vi.waitFor(() => expect(logger.lines).toHaveLength(1), patience);
      expect((await renderMetrics([metrics])).text).toContain('redis_up{service="test"} 0');

      proxy.mend();
      await vi.waitFor(() => redis.run((client) => client.ping()), patience);
      expect(logger.lines.map(({ message }) => message)).toEqual([
        'redis is away, going on without it',
        'redis is back',
      ]);
      expect((await renderMetrics([metrics])).text).toContain('redis_up{service="test"} 1');
    });

    test('can be let go of', async () => {
      const { redis, proxy, logger } = await openBehindProxy();
      proxy.hang();
      redis.close();

      await expect(redis.run((client) => client.ping())).rejects.toThrow('not connected');
      await vi.waitFor(() => expect(redis.client.status).toBe('end'), patience);
      expect(logger.lines).toEqual([]);
    });
  });

  describe('a Redis that hangs', () => {
    test('costs its callers half a second once, then nothing, and comes back by itself', async () => {
      const { cache, redis, proxy, logger, metrics, untilItAnswers } = await openBehindProxy();
      await cache.set('a', entry(1), ttlMs);
      proxy.hang();

      const together = Array.from({ length: 20 }, () => cache.get('a'));
      await expect(redis.run((client) => client.ping())).rejects.toThrow('Command timed out');
      expect(new Set(await Promise.all(together))).toEqual(new Set([undefined]));
      for (let asked = 0; asked < 50; asked += 1) expect(await isAtOnce(() => cache.get('a'))).toBe(true);
      expect(logger.lines.map(({ level }) => level)).toEqual(['warn']);

      // Its connection is given up meanwhile, and a fresh one is answered no more than that.
      await vi.waitFor(() => expect(redis.client.status).not.toBe('ready'), patience);
      expect(await isAtOnce(() => cache.get('a'))).toBe(true);

      proxy.mend();
      await untilItAnswers();
      expect(await cache.get('a')).toEqual(entry(1));
      expect(logger.lines.map(({ message }) => message)).toEqual([
        'redis is away, going on without it',
        'redis is back',
      ]);
      const { text } = await renderMetrics([metrics]);
      expect(text).toMatch(/cache_requests_total\{.*operation="get",outcome="failed".*\} \d/);
    });

    test('for a moment is as before when it answers again', async () => {
      const { cache, proxy, untilItAnswers } = await openBehindProxy();
      await cache.set('a', entry(1), ttlMs);
      proxy.hang();
      await cache.get('a');
      proxy.mend();
      await untilItAnswers();

      await cache.set('a', entry(2), ttlMs);
      expect(await cache.get('a')).toEqual(entry(2));
    });
  });
});

describe.skipIf(url === '' || killCommand === '' || restartCommand === '')(
  'Redis killed (skipped without REDIS_URL, REDIS_KILL_COMMAND and REDIS_RESTART_COMMAND)',
  () => {
    const run = promisify(exec);

    test('is missed by nobody, and used again when it is back', async () => {
      const { cache, redis, logger, untilItAnswers } = await openCache();
      await cache.set('a', entry(1), ttlMs);
      await run(killCommand);
      try {
        await vi.waitFor(() => expect(redis.client.status).not.toBe('ready'), patience);
        expect(await isAtOnce(() => cache.get('a'))).toBe(true);
        expect(await isAtOnce(() => cache.set('a', entry(2), ttlMs))).toBe(true);
      } finally {
        await run(restartCommand);
      }

      await untilItAnswers();
      await cache.set('a', entry(3), ttlMs);
      expect(await cache.get('a')).toEqual(entry(3));
      expect(logger.lines.map(({ message }) => message)).toEqual([
        'redis is away, going on without it',
        'redis is back',
      ]);
    });
  },
);
