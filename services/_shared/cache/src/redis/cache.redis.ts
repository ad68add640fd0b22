import type { Metrics } from '@checkout/runtime';
import type { Cache } from '../cache.ts';
import type { RedisConnection } from './redis-connection.ts';

export type RedisCacheOptions<Value> = {
  readonly redis: RedisConnection;
  /** Begins every key, and is the label `cache` of the metrics: `orders`. Another name is another cache. */
  readonly name: string;
  /** Of what the values are copies of. Versions begin again in another one, so its copies are not ours. */
  readonly generation?: number;
  readonly metrics: Metrics;
  /** Of a value as JSON, which another release may have written. `undefined`, or a throw, for what it cannot use. */
  readonly decode: (json: unknown) => Value | undefined;
};

/**
 * Keeps the newest version, by one atomic step: two processes may set at the same time. What is there and is not one of
 * ours (another type, no number) is replaced.
 */
const setNewest = `
local known = redis.pcall('HGET', KEYS[1], 'version')
if type(known) == 'table' then
  redis.call('DEL', KEYS[1])
elseif known and (tonumber(known) or -1) > tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'value', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`;

/**
 * A cache that the processes of a service share. Values are kept as JSON. It never rejects: Redis away, a key of another
 * type or a value that cannot be decoded is a miss, and a `set` or `delete` that fails is forgotten. The metric
 * `cache_requests_total` counts each as `failed`; that Redis is away is logged by the connection.
 */
export function createRedisCache<Value>(options: RedisCacheOptions<Value>): Cache<Value> {
  const { redis, name, generation, metrics, decode } = options;
  const requests = metrics.counter({
    name: 'cache_requests_total',
    help: 'Requests to a shared cache, by what came of them.',
    labels: ['cache', 'operation', 'outcome'],
  });
  const counted = (operation: string, outcome: 'hit' | 'miss' | 'done' | 'failed') =>
    requests.add({ cache: name, operation, outcome });
  const place = generation === undefined ? name : `${name}@${generation}`;
  const keyOf = (key: string) => `cache:${place}:${key}`;

  return {
    async get(key) {
      try {
        const [version, json] = await redis.run((client) => client.hmget(keyOf(key), 'version', 'value'));
        const entry = version && json ? { version: toVersion(version), value: decode(JSON.parse(json)) } : undefined;
        if (entry === undefined) counted('get', 'miss');
        else if (entry.value === undefined) counted('get', 'failed');
        else {
          counted('get', 'hit');
          return { version: entry.version, value: entry.value };
        }
      } catch {
        counted('get', 'failed');
      }
      return undefined;
    },
    async set(key, { version, value }, ttlMs) {
      try {
        // Redis refuses fractions, and a time of 0 would delete.
        const keptMs = Math.max(1, Math.round(ttlMs));
        await redis.run((client) => client.eval(setNewest, 1, keyOf(key), version, JSON.stringify(value), keptMs));
        counted('set', 'done');
      } catch {
        counted('set', 'failed');
      }
    },
    async delete(key) {
      try {
        await redis.run((client) => client.del(keyOf(key)));
        counted('delete', 'done');
      } catch {
        counted('delete', 'failed');
      }
    },
  };
}

function toVersion(text: string): number {
  const version = Number(text);
  if (!Number.isSafeInteger(version)) throw new Error('a version is a whole number');
  return version;
}
