import { describe, expect, test } from 'vitest';
import type { Cache } from '../cache.ts';

export type CacheWorld = {
  readonly cache: Cache<string>;
  /** Lets this many milliseconds go by for the entries. What a test does takes time too: up to `slackMs`. */
  readonly pass: (ms: number) => Promise<void>;
};

const ttlMs = 10_000;
/** The entries of a real server grow older while a test talks to it. */
const slackMs = 5_000;

/** What every `Cache` must do; run on each adapter. */
export function describeCache(name: string, createWorld: () => CacheWorld | Promise<CacheWorld>): void {
  const entry = (version: number) => ({ version, value: `v${version}` });

  describe(`${name} as a Cache`, () => {
    test('gives what was set, and nothing for what was not', async () => {
      const { cache } = await createWorld();
      await cache.set('a', entry(1), ttlMs);

      expect(await cache.get('a')).toEqual(entry(1));
      expect(await cache.get('b')).toBeUndefined();
    });

    test('takes a newer version', async () => {
      const { cache } = await createWorld();
      await cache.set('a', entry(1), ttlMs);
      await cache.set('a', entry(2), ttlMs);

      expect(await cache.get('a')).toEqual(entry(2));
    });

    test('never lets an older version replace a newer one', async () => {
      const { cache } = await createWorld();
      await cache.set('a', entry(2), ttlMs);
      await cache.set('a', entry(1), ttlMs);

      expect(await cache.get('a')).toEqual(entry(2));
    });

    test('forgets an entry when its time has passed, also for its version', async () => {
      const { cache, pass } = await createWorld();
      await cache.set('a', entry(2), ttlMs);
      await pass(ttlMs - slackMs);
      expect(await cache.get('a')).toEqual(entry(2));
      await pass(slackMs);
      expect(await cache.get('a')).toBeUndefined();

      await cache.set('a', entry(1), ttlMs);
      expect(await cache.get('a')).toEqual(entry(1));
    });

    test('the same version renews the time', async () => {
      const { cache, pass } = await createWorld();
      await cache.set('a', entry(1), ttlMs);
      await pass(ttlMs - slackMs);
      await cache.set('a', entry(1), ttlMs);
      await pass(ttlMs - slackMs);

      expect(await cache.get('a')).toEqual(entry(1));
    });

    test('takes writers that come together: the newest version stays', async () => {
      const { cache } = await createWorld();
      await Promise.all([3, 1, 7, 2, 5, 4, 6].map((version) => cache.set('a', entry(version), ttlMs)));

      expect(await cache.get('a')).toEqual(entry(7));
    });

    test('forgets what is deleted, and deleting nothing is fine', async () => {
      const { cache } = await createWorld();
      await cache.set('a', entry(1), ttlMs);
      await cache.delete('a');
      await cache.delete('a');

      expect(await cache.get('a')).toBeUndefined();
    });
  });
}
