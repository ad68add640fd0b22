import { createSeededRandom, createVirtualClock } from '@checkout/kernel/testing';
import { describe, expect, test } from 'vitest';
import type { Cache, Versioned } from './cache.ts';
import { createMemoryCache } from './cache.memory.ts';
import { createReadThrough } from './read-through.ts';

type Load = (key: string) => Promise<Versioned<string> | undefined>;

function setup(load: Load, cacheOf = (cache: Cache<string>) => cache) {
  const clock = createVirtualClock();
  const failures: unknown[] = [];
  let loads = 0;
  const read = createReadThrough<string>({
    cache: cacheOf(createMemoryCache({ maxEntries: 10_000, clock })),
    random: createSeededRandom(1),
    ttlMs: 1_000,
    load: (key) => {
      loads += 1;
      return load(key);
    },
    onCacheFailure: (error) => void failures.push(error),
  });
  return { clock, read, failures, loads: () => loads };
}

const paid: Versioned<string> = { version: 2, value: 'PAID' };

describe('reading through a cache', () => {
  test('loads once and then gives the copy', async () => {
    const { read, loads } = setup(async () => paid);

    expect([await read('o-1'), await read('o-1'), loads()]).toEqual([paid, paid, 1]);
  });

  test('callers at the same time share one load', async () => {
    const { read, loads } = setup(async () => paid);

    expect(await Promise.all(Array.from({ length: 50 }, () => read('o-1')))).toEqual(
      Array.from({ length: 50 }, () => paid),
    );
    expect(loads()).toBe(1);
  });

  test('shares a failure too, and tries again afterwards', async () => {
    let isDown = true;
    const { read, loads } = setup(() => (isDown ? Promise.reject(new Error('down')) : Promise.resolve(paid)));
    const both = await Promise.allSettled([read('o-1'), read('o-1')]);
    isDown = false;

    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await read('o-1')).toEqual(paid);
    expect(loads()).toBe(2);
  });

  test('does not keep that there is nothing', async () => {
    const { read, loads } = setup(async () => undefined);

    expect([await read('o-1'), await read('o-1'), loads()]).toEqual([undefined, undefined, 2]);
  });

  test('entries made together do not expire together, and none is older than the limit', async () => {
    const { clock, read, loads } = setup(async () => paid);
    const keys = Array.from({ length: 200 }, (_, index) => `o-${index}`);
    await Promise.all(keys.map(read));
    await clock.advance(900);
    await Promise.all(keys.map(read));
    expect(loads()).toBeGreaterThan(250);
    expect(loads()).toBeLessThan(350);

    await clock.advance(1_000);
    const before = loads();
    await Promise.all(keys.map(read));
    expect(loads() - before).toBe(200);
  });
});

describe('a cache that fails', () => {
  const broken = (cache: Cache<string>): Cache<string> => ({
    ...cache,
    get: () => Promise.reject(new Error('no get')),
    set: () => Promise.reject(new Error('no set')),
  });

  test('is passed by, and its failures are told', async () => {
    const { read, failures } = setup(async () => paid, broken);

    expect(await read('o-1')).toEqual(paid);
    expect(failures).toHaveLength(2);
  });
});
