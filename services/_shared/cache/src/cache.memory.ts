import type { Clock } from '@checkout/kernel';
import type { Cache, Versioned } from './cache.ts';

type Entry<Value> = Versioned<Value> & { readonly expiresAtMs: number };

/** A cache in this process: at most `maxEntries`, of which the least recently used makes room for a new one. */
export function createMemoryCache<Value>(options: {
  readonly maxEntries: number;
  readonly clock: Clock;
}): Cache<Value> {
  const { maxEntries, clock } = options;
  if (!(maxEntries >= 1)) throw new Error('a cache needs room for at least one entry');
  // A Map keeps the order of insertion: what is used is put in again, so the first key is the least recently used one.
  const entries = new Map<string, Entry<Value>>();

  const fresh = (key: string): Entry<Value> | undefined => {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    entries.delete(key);
    if (entry.expiresAtMs <= clock.monotonic()) return undefined;
    entries.set(key, entry);
    return entry;
  };

  return {
    async get(key) {
      const entry = fresh(key);
      return entry && { version: entry.version, value: entry.value };
    },
    async set(key, { version, value }, ttlMs) {
      const known = fresh(key);
      if (known !== undefined && known.version > version) return;
      entries.delete(key);
      entries.set(key, { version, value, expiresAtMs: clock.monotonic() + ttlMs });
      const [oldest] = entries.keys();
      if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
    },
    async delete(key) {
      entries.delete(key);
    },
  };
}
