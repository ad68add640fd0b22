import { createVirtualClock } from '@checkout/kernel/testing';
import { expect, test } from 'vitest';
import { createMemoryCache } from './cache.memory.ts';
import { describeCache } from './testing/cache.contract.ts';

describeCache('the memory cache', () => {
  const clock = createVirtualClock();
  return { cache: createMemoryCache({ maxEntries: 10, clock }), pass: (ms) => clock.advance(ms) };
});

test('an entry is there until the last millisecond of its time, and not after it', async () => {
  const clock = createVirtualClock();
  const cache = createMemoryCache<string>({ maxEntries: 1, clock });
  await cache.set('a', { version: 1, value: 'a' }, 1_000);

  await clock.advance(999);
  expect(await cache.get('a')).toBeDefined();
  await clock.advance(1);
  expect(await cache.get('a')).toBeUndefined();
});

test('the entry that was not used for longest makes room', async () => {
  const cache = createMemoryCache<string>({ maxEntries: 2, clock: createVirtualClock() });
  const set = (key: string) => cache.set(key, { version: 1, value: key }, 1_000);
  await set('a');
  await set('b');
  await cache.get('a');
  await set('c');

  expect(await cache.get('b')).toBeUndefined();
  expect(await cache.get('a')).toBeDefined();
  expect(await cache.get('c')).toBeDefined();
});

test('a cache without room is a defect', () => {
  expect(() => createMemoryCache({ maxEntries: 0, clock: createVirtualClock() })).toThrow('at least one');
});
