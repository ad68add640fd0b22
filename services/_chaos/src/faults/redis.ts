import { once } from 'node:events';
import { connect } from 'node:net';
import type { Fault } from '../fault.ts';

const awayMs = 15_000;
const slowMs = 5_000;

const cannot: Fault['cannot'] = (arena) => (arena.servers.redisUrl === undefined ? 'REDIS_URL is not set' : undefined);
const lines = (arena: Parameters<Fault['strike']>[0]) => arena.all.flatMap(({ redis }) => redis ?? []);

/** @returns what the server answers to one command */
async function command(redisUrl: string, text: string): Promise<string> {
  const { hostname, port } = new URL(redisUrl);
  const socket = connect(Number(port || '6379'), hostname);
  socket.end(`${text}\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer.toString('latin1').trim();
}

export const redisFaults: readonly Fault[] = [
  {
    name: 'redis-flushed',
    does: 'Redis forgets everything, ten times',
    cannot,
    async strike(arena) {
      let times = 0;
      for (let flush = 0; flush < 10; flush += 1) {
        times += (await command(arena.servers.redisUrl ?? '', 'FLUSHALL')) === '+OK' ? 1 : 0;
        await arena.clock.sleep(1_000);
      }
      return { times, seen: `${times} times flushed` };
    },
  },
  {
    name: 'redis-killed',
    does: `kill -9 of Redis, which comes back after ${awayMs / 1000} s`,
    cannot,
    async strike(arena) {
      await arena.control.redis.kill();
      await arena.clock.sleep(awayMs);
      await arena.control.redis.restart();
      return { times: 1, seen: `away for ${awayMs / 1000} s` };
    },
    heal: (arena) => arena.control.redis.restart(),
  },
  {
    name: 'redis-slow',
    does: `every answer of Redis comes ${slowMs / 1000} s late, for ${awayMs / 1000} s`,
    cannot,
    async strike(arena) {
      for (const line of lines(arena)) line.delay(() => slowMs);
      await arena.clock.sleep(awayMs);
      for (const line of lines(arena)) line.mend();
      return { times: lines(arena).length, seen: `${lines(arena).length} slow lines` };
    },
    heal(arena) {
      for (const line of lines(arena)) line.mend();
      return Promise.resolve();
    },
  },
];
