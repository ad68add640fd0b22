import type { Fault } from '../fault.ts';
import { askRedis, killed, slow, type Victim } from './servers.ts';

const awayMs = 15_000;
const slowMs = 5_000;
const flushes = 10;

const cannot: Fault['cannot'] = (arena) => (arena.servers.redis === undefined ? 'REDIS_URL is not set' : undefined);
const server: Victim = { name: 'redis', title: 'Redis', cannot };

export const redisFaults: readonly Fault[] = [
  {
    name: 'redis-flushed',
    does: `Redis forgets everything, ${flushes} times`,
    cannot,
    async strike(arena) {
      let forgotten = 0;
      for (let flush = 0; flush < flushes; flush += 1) {
        forgotten += await askRedis(arena.servers.redis?.url, async (redis) => {
          const keys = await redis.dbsize();
          await redis.flushall();
          return keys;
        });
        await arena.clock.sleep(1_000);
      }
      return { times: forgotten, seen: `${forgotten} keys forgotten` };
    },
  },
  killed(server, 'redis-killed', awayMs),
  slow(server, awayMs, { does: `${slowMs / 1000} s`, nextMs: () => slowMs }),
];
