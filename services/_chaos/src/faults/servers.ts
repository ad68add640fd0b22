import amqplib from 'amqplib';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import type { Arena, Wired } from '../arena.ts';
import type { Fault } from '../fault.ts';
import type { ServerName } from '../server-control.ts';
import { kafkaAnswers } from './kafka-administrator.ts';

const answerWithinMs = 1_000;

/** Whether a server answers somebody who comes anew. */
const answers: Readonly<Record<ServerName, (arena: Arena) => Promise<unknown>>> = {
  mysql: async ({ administratorUrl }) => {
    const connection = await createConnection({ uri: administratorUrl, connectTimeout: answerWithinMs });
    await connection.end();
  },
  kafka: kafkaAnswers,
  rabbitmq: async ({ servers }) => {
    const { bus } = servers.connection();
    if (bus.kind !== 'rabbitmq') throw new Error('the bus is not RabbitMQ');
    const connection = await amqplib.connect(bus.url, { timeout: answerWithinMs });
    await connection.close();
  },
  redis: ({ servers }) => askRedis(servers.redis?.url, (redis) => redis.ping()),
};

/** Sends one command on a connection of its own. @throws Error when there is no answer in time */
export async function askRedis<Answer>(
  redisUrl: string | undefined,
  ask: (redis: Redis) => Promise<Answer>,
): Promise<Answer> {
  if (redisUrl === undefined) throw new Error('REDIS_URL is not set');
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: answerWithinMs,
    commandTimeout: answerWithinMs,
    retryStrategy: () => null,
  });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

/** A server, and the arenas in which it cannot be harmed. */
export type Victim = { readonly name: ServerName; readonly title: string; readonly cannot?: Fault['cannot'] };

async function seenAway({ name }: Victim, arena: Arena, silence: string) {
  const isThere = await answers[name](arena).then(
    () => true,
    () => false,
  );
  return { times: isThere ? 0 : 1, seen: isThere ? 'it still answered' : silence };
}

/** kill -9, and a start on the same data after so many milliseconds. */
export function killed(victim: Victim, name: `${ServerName}-${string}`, awayMs = 0): Fault {
  const away = awayMs === 0 ? 'at once' : `after ${awayMs / 1000} s`;
  return {
    name,
    does: `kill -9 of ${victim.title}, and a start on the same data ${away}`,
    ...(victim.cannot && { cannot: victim.cannot }),
    async strike(arena) {
      await arena.control[victim.name].kill();
      await arena.clock.sleep(awayMs);
      const proof = await seenAway(victim, arena, `nobody answered${awayMs === 0 ? '' : ` for ${awayMs / 1000} s`}`);
      await arena.control[victim.name].restart();
      return proof;
    },
    heal: (arena) => arena.control[victim.name].restart(),
  };
}

/** Stands still, with all its connections open. */
export function hung(victim: Victim, forMs: number): Fault {
  return {
    name: `${victim.name}-hung`,
    does: `${victim.title} stands still for ${forMs / 1000} s`,
    ...(victim.cannot && { cannot: victim.cannot }),
    async strike(arena) {
      await arena.control[victim.name].pause();
      await arena.clock.sleep(forMs);
      const proof = await seenAway(victim, arena, `no answer for ${forMs / 1000} s`);
      await arena.control[victim.name].resume();
      return proof;
    },
    heal: (arena) => arena.control[victim.name].resume(),
  };
}

type Line = NonNullable<Wired['mysql']>;

/** The lines that all instances have to one server. */
export function linesTo(arena: Arena, server: ServerName): readonly Line[] {
  return arena.all.flatMap((wired) => wired[server] ?? []);
}

/** Slow lines to a broker, which are all cut half-way. */
export function slowLines(victim: Victim, forMs: number): Fault {
  const { name, title, cannot } = victim;
  return {
    name: `${name}-slow`,
    does: `every piece to and from ${title} comes up to 200 ms late for ${forMs / 1000} s, and half-way every line is cut`,
    ...(cannot && { cannot }),
    async strike(arena) {
      const lines = linesTo(arena, name);
      const slowPieces = () => slowDown(lines, () => arena.random.next() * 200);
      const before = slowPieces();
      await arena.clock.sleep(forMs / 2);
      for (const line of lines) line.cut();
      await mendLines(lines);
      const behind = slowPieces();
      await arena.clock.sleep(forMs / 2);
      await mendLines(lines);
      return { times: Math.min(before(), behind()), seen: `${before()} slow pieces, all cut, ${behind()} slow pieces` };
    },
    heal: (arena) => mendLines(linesTo(arena, name)),
  };
}

/** Every piece to and from a server comes late. */
export function slow(
  victim: Victim,
  forMs: number,
  late: { readonly does: string; nextMs(arena: Arena): number },
): Fault {
  const { name, title, cannot } = victim;
  return {
    name: `${name}-slow`,
    does: `every piece to and from ${title} comes ${late.does} late, for ${forMs / 1000} s`,
    ...(cannot && { cannot }),
    async strike(arena) {
      const lines = linesTo(arena, name);
      const slowPieces = slowDown(lines, () => late.nextMs(arena));
      await arena.clock.sleep(forMs);
      await mendLines(lines);
      return { times: slowPieces(), seen: `${slowPieces()} slow pieces` };
    },
    heal: (arena) => mendLines(linesTo(arena, name)),
  };
}

/** Holds every piece on the lines back. @returns how many pieces have been held back so far */
function slowDown(lines: readonly Line[], nextMs: () => number): () => number {
  let pieces = 0;
  for (const line of lines) {
    line.delay(() => {
      pieces += 1;
      return nextMs();
    });
  }
  return () => pieces;
}

/** Undoes whatever was done to lines. */
export function mendLines(lines: readonly Line[]): Promise<void> {
  for (const line of lines) line.mend();
  return Promise.resolve();
}
