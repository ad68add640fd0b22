import type { Random } from '@checkout/kernel';
import type { Cache, Versioned } from './cache.ts';

export type ReadThroughOptions<Value> = {
  readonly cache: Cache<Value>;
  readonly random: Random;
  /** How long an entry is kept, in milliseconds; each is shortened by up to a fifth, so that they don't expire together. */
  readonly ttlMs: number;
  /** Reads the truth; `undefined` when there is nothing, which is not cached. */
  readonly load: (key: string) => Promise<Versioned<Value> | undefined>;
  /** Told of each failure of the cache itself; callers never see one. */
  readonly onCacheFailure: (error: unknown) => void;
};

const jitterShare = 0.2;

/**
 * Reads by way of a cache. Callers that ask for a key while it is being loaded share that load, its failure included. What
 * is shown may be as old as `ttlMs`; nothing may be decided on it.
 *
 * @returns a function from key to value; it rejects only when `load` does
 */
export function createReadThrough<Value>(
  options: ReadThroughOptions<Value>,
): (key: string) => Promise<Versioned<Value> | undefined> {
  const { cache, random, ttlMs, load, onCacheFailure } = options;
  const loading = new Map<string, Promise<Versioned<Value> | undefined>>();

  const withoutFailure = async <Result>(work: Promise<Result>): Promise<Result | undefined> => {
    try {
      return await work;
    } catch (error) {
      onCacheFailure(error);
      return undefined;
    }
  };

  const read = async (key: string): Promise<Versioned<Value> | undefined> => {
    const cached = await withoutFailure(cache.get(key));
    if (cached !== undefined) return cached;
    const loaded = await load(key);
    if (loaded !== undefined) await withoutFailure(cache.set(key, loaded, ttlMs * (1 - jitterShare * random.next())));
    return loaded;
  };

  return (key) => {
    const underway = loading.get(key);
    if (underway !== undefined) return underway;
    const reading = read(key).finally(() => loading.delete(key));
    loading.set(key, reading);
    return reading;
  };
}
