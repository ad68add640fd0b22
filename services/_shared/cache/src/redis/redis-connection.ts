import type { Clock } from '@checkout/kernel';
import { createBreaker, type LiveSecret, type Logger, type Metrics } from '@checkout/runtime';
import { Redis, type RedisOptions } from 'ioredis';

/** Where a Redis is, and as whom it is used. */
export type RedisAddress = {
  /** `redis://` or, with TLS, `rediss://`; may hold user, password and database. */
  readonly url: string;
  /** Asked for at every login, so that a new one is used from the next connection on. */
  readonly username?: LiveSecret | undefined;
  readonly password?: LiveSecret | undefined;
  /** The only certificates that the server's may be of, in PEM, asked for at every connection. For `rediss://`. */
  readonly ca?: LiveSecret | undefined;
};

export type RedisConnectionOptions = RedisAddress & {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
};

/** One connection to Redis, for all of a process's uses of it. Made at once, opened and reopened in the background. */
export type RedisConnection = {
  /** For what a library needs to be given; commands go through `run`. */
  readonly client: Redis;
  /**
   * Gives what the work gives. While Redis is away the work isn't begun and the rejection comes at once; a Redis that hangs
   * costs a caller 500 ms, and one caller in two seconds after that.
   *
   * @throws Error whatever Redis or the connection said
   */
  run<Value>(work: (client: Redis) => Promise<Value>): Promise<Value>;
  /** Whether it answered lately. */
  isUp(): boolean;
  /** Lets go of the connection, answered or not, and reopens it no more. */
  close(): void;
};

/** Longest wait for one answer, milliseconds. A black hole gives none. */
const commandTimeoutMs = 500;
/** A connection that has been silent for this long while an answer was due is given up, milliseconds. */
const silenceMs = 2_000;
/** A Redis that failed is tried by one caller after this long, milliseconds. */
const probeMs = 2_000;
const maxRetriesPerRequest = 2;
const reconnectBaseMs = 50;
const reconnectCapMs = 2_000;

const options = {
  lazyConnect: true,
  maxRetriesPerRequest,
  enableAutoPipelining: true,
  // Nobody waits for a Redis that is away: what it would have said can be read elsewhere.
  enableOfflineQueue: false,
  commandTimeout: commandTimeoutMs,
  connectTimeout: silenceMs,
  socketTimeout: silenceMs,
  retryStrategy: (times: number) => Math.min(reconnectCapMs, reconnectBaseMs * 2 ** Math.min(times - 1, 10)),
  // After a failover the connection leads to a replica: the name has to be resolved anew.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
} satisfies RedisOptions;

/**
 * Each change between there and away is one log line; `redis_up` shows it as well.
 *
 * @throws Error when name, password or certificates cannot be had now. Later that is a Redis that is away.
 */
export function connectRedis({ clock, logger, metrics, ...address }: RedisConnectionOptions): RedisConnection {
  const onUnknownLogin = (error: unknown) => {
    logger.warn('the login to redis cannot be had, trying the one before', { component: 'redis', err: error });
  };
  const client = createClient(address, onUnknownLogin);
  let isClosed = false;
  let wasUp: boolean | undefined;
  let lastError: unknown;

  const breaker = createBreaker<Tried>((tried) => !tried.ok && tellsOfRedis(tried.error), {
    clock,
    openMs: probeMs,
    windowCalls: 1,
    minCalls: 1,
    failureShare: 0.5,
    onChange: () => note(),
  });
  const isUp = () => client.status === 'ready' && !breaker.isOpen();
  const note = () => {
    // Before the first answer or error there is nothing to say.
    if (isClosed || (wasUp === undefined && !isUp() && lastError === undefined) || isUp() === wasUp) return;
    if (!isUp()) logger.warn('redis is away, going on without it', { component: 'redis', err: lastError });
    else if (wasUp === false) logger.info('redis is back', { component: 'redis' });
    wasUp = isUp();
  };

  client.on('error', (error) => {
    lastError = error;
    note();
  });
  client.on('ready', note);
  client.on('close', note);
  metrics.gauge({ name: 'redis_up', help: '1 while Redis answers, 0 while it is away.', read: () => (isUp() ? 1 : 0) });
  // A failure is an `error` event too, and ioredis goes on trying.
  client.connect().catch(() => {});

  return {
    client,
    async run(work) {
      if (isClosed || client.status !== 'ready') throw new Error('redis is not connected');
      const tried = await breaker.run(async () => {
        try {
          return { ok: true, value: await work(client) };
        } catch (error) {
          if (tellsOfRedis(error)) lastError = error;
          return { ok: false, error };
        }
      });
      if (tried === undefined) throw new Error('redis did not answer lately');
      if (!tried.ok) throw tried.error;
      return tried.value as Awaited<ReturnType<typeof work>>;
    },
    isUp,
    close() {
      isClosed = true;
      client.disconnect();
    },
  };
}

/** What is known of a login at this moment. @throws Error when name, password or certificates cannot be had */
export function loginOf({ username, password, ca }: RedisAddress): Pick<RedisOptions, 'username' | 'password' | 'tls'> {
  return {
    ...(username !== undefined && { username: username() }),
    ...(password !== undefined && { password: password() }),
    ...(ca !== undefined && { tls: { ca: ca() } }),
  };
}

/** ioredis keeps the login that it was made with; this one looks at it anew before each connection, the first and all later ones. */
function createClient(address: RedisAddress, onUnknownLogin: (error: unknown) => void): Redis {
  const client = new Redis(address.url, { ...options, ...loginOf(address) });
  const connect = client.connect.bind(client);
  client.connect = (callback) => {
    try {
      Object.assign(client.options, loginOf(address));
    } catch (error) {
      // Not connecting would be the end: ioredis tries again only behind a connection that failed.
      onUnknownLogin(error);
    }
    return connect(callback);
  };
  return client;
}

type Tried = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

/** Of a key that holds another type, the key is to blame; of anything else, Redis as a whole. */
function tellsOfRedis(error: unknown): boolean {
  return !(error instanceof Error && error.message.includes('WRONGTYPE'));
}
