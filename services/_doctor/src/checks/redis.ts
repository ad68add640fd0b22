import { loginOf, type RedisAddress } from '@checkout/cache/redis';
import { Redis } from 'ioredis';
import { type Check, faulty, type Finding, ok } from '../finding.ts';
import { type Address, clockFindings, type ClockReading, connectTimeoutMs, isAtLeast, unreachable } from './server.ts';

export type RedisFacts = {
  readonly version: string;
  readonly role: string;
  /** Bytes; 0 for no limit. */
  readonly maxMemory: number;
  /** Absent when the user may not ask. */
  readonly evictionPolicy: string | undefined;
  readonly clock: ClockReading;
};

export function redisCheck(address: Address, server: RedisAddress): Check {
  return {
    about: address.about,
    async run(signal) {
      try {
        return judgeRedis(address, await readFacts(server, signal));
      } catch (error) {
        return [unreachable(address, error)];
      }
    },
  };
}

export function judgeRedis({ about, host }: Address, facts: RedisFacts): readonly Finding[] {
  const { version, role, maxMemory, evictionPolicy, clock } = facts;
  return [
    isAtLeast(version, [6, 2])
      ? ok(about, `${version} at ${host}`)
      : faulty(about, 'warning', `${version} at ${host} is older than what is tested`, 'use Redis 6.2 or newer'),
    ...(role === 'master'
      ? []
      : [faulty(about, 'broken', `it is a ${role}: it takes no writes`, 'name the primary in REDIS_URL')]),
    ...(maxMemory === 0
      ? [faulty(about, 'note', 'it may use all memory', 'set maxmemory, and maxmemory-policy allkeys-lru')]
      : []),
    ...(maxMemory > 0 && evictionPolicy === 'noeviction'
      ? [
          faulty(
            about,
            'warning',
            'once full it takes nothing new: no cache, no shared limits',
            'set maxmemory-policy allkeys-lru',
          ),
        ]
      : []),
    ...clockFindings(about, clock),
  ];
}

async function readFacts(server: RedisAddress, signal: AbortSignal): Promise<RedisFacts> {
  const redis = new Redis(server.url, {
    ...loginOf(server),
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    commandTimeout: connectTimeoutMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // The reason why there is no connection comes here, and the one that waits only learns that it is closed.
  let reason: Error | undefined;
  redis.on('error', (error: Error) => (reason = error));
  const letGo = () => redis.disconnect();
  signal.addEventListener('abort', letGo, { once: true });
  try {
    await redis.connect();
    const info = await redis.info();
    const policy = await redis.config('GET', 'maxmemory-policy').catch(() => []);
    const askedMs = Date.now();
    const [seconds, micros] = await redis.time();
    const answeredMs = Date.now();
    const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
    return {
      version: field('redis_version') ?? '',
      role: field('role') ?? 'master',
      maxMemory: Number(field('maxmemory') ?? 0),
      evictionPolicy: (policy as readonly string[])[1],
      clock: { serverMs: Number(seconds) * 1_000 + Number(micros) / 1_000, askedMs, answeredMs },
    };
  } catch (error) {
    throw reason ?? error;
  } finally {
    letGo();
  }
}
