import type { VirtualClock } from '@checkout/kernel/testing';
import { describe, expect, test } from 'vitest';
import type { Cache } from '../cache.ts';

export type CacheWorld = {
  readonly cache: Cache<string>;
  /** Lets this much time go by. */
  readonly pass: VirtualClock['advance'];
};

/** What every `Cache` must do; run on each adapter. */
export function describeCache(name: string, createWorld: () => CacheWorld): void {
  const entry = (version: number) => ({ version, value: `v${version}` });

  describe(`${name} as a Cache`, () => {
    test('gives what was set, and nothing for what was not', async () => {
      const { cache } = createWorld();
      await cache.set('a', entry(1), 1_000);

      expect(await cache.get('a')).toEqual(entry(1));
      expect(await cache.get('b')).toBeUndefined();
    });

    test('takes a newer version', async () => {
      const { cache } = createWorld();
      await cache.set('a', entry(1), 1_000);
      await cache.set('a', entry(2), 1_000);

      expect(await cache.get('a')).toEqual(entry(2));
    });

    test('never lets an older version replace a newer one', async () => {
      const { cache } = createWorld();
      await cache.set('a', entry(2), 1_000);
      await cache.set('a', entry(1), 1_000);

      expect(await cache.get('a')).toEqual(entry(2));
    });

    test('forgets an entry when its time has passed, also for its version', async () => {
      const { cache, pass } = createWorld();
      await cache.set('a', entry(2), 1_000);
      await pass(999);
      expect(await cache.get('a')).toEqual(entry(2));
      await pass(1);
      expect(await cache.get('a')).toBeUndefined();

      await cache.set('a', entry(1), 1_000);
      expect(await cache.get('a')).toEqual(entry(1));
    });

    test('the same version renews the time', async () => {
      const { cache, pass } = createWorld();
      await cache.set('a', entry(1), 1_000);
      await pass(900);
      await cache.set('a', entry(1), 1_000);
      await pass(900);

      expect(await cache.get('a')).toEqual(entry(1));
    });

    test('forgets what is deleted, and deleting nothing is fine', async () => {
      const { cache } = createWorld();
      await cache.set('a', entry(1), 1_000);
      await cache.delete('a');
      await cache.delete('a');

      expect(await cache.get('a')).toBeUndefined();
    });
  });
}
