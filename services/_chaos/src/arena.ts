import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Get, type Member, memberAt, together } from '@checkout/checker';
import { type ServiceName, services } from '@checkout/contracts';
import type { Clock, Ids, Random } from '@checkout/kernel';
import { createPlatformClient, type PlatformClient } from '@checkout/load';
import {
  type DatabaseOptions,
  dropBus,
  dropDatabases,
  inheritedBy,
  loadServers,
  planProcesses,
  prepareBus,
  prepareDatabases,
  prepareUsers,
  processNames,
  type ProcessPlan,
  type Servers,
} from '@checkout/processes';
import { freePort, type HttpClient, type Logger } from '@checkout/runtime';
import { createTcpProxy, type TcpProxy } from '@checkout/runtime/testing';
import { createInstance, type Instance } from './instance.ts';
import { createServerControl, type ServerControl, type ServerName, serverNames } from './server-control.ts';

export type Provider = 'psp' | 'carrier' | 'bureau';

/** An instance with the lines that it has to others, each by way of a proxy of its own. */
export type Wired = {
  readonly instance: Instance;
  readonly mysql: TcpProxy | undefined;
  readonly redis: TcpProxy | undefined;
  readonly rabbitmq: TcpProxy | undefined;
  /** One to each broker. */
  readonly kafka: readonly TcpProxy[];
  readonly provider: TcpProxy | undefined;
};

/** The whole platform as processes, several of each service, on servers that can be harmed. */
export type Arena = {
  readonly bus: 'kafka' | 'rabbitmq';
  /** Before the names of this arena's topics and queues. */
  readonly busPrefix: string;
  readonly servers: Servers;
  readonly databases: DatabaseOptions;
  /** Of the MySQL server, for what only an administrator may do. */
  readonly administratorUrl: string;
  readonly control: Readonly<Record<ServerName, ServerControl>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Aborted when the run is to end at once. */
  readonly signal: AbortSignal;
  readonly of: (name: Member) => readonly Wired[];
  readonly all: readonly Wired[];
  /** Where a request for a path may be sent now: to one of the instances that take requests. */
  readonly addressOf: (path: string) => string;
  readonly client: PlatformClient;
  /** Asks the whole platform. */
  readonly get: Get;
  /** Sets an instance's wall clock off by so many milliseconds. @returns how far it says it is off then */
  readonly jumpClock: (instance: Instance, jumpMs: number) => Promise<number>;
  /** An instance more of a service, not yet started, to which no requests are sent. It ends with the arena. */
  readonly another: (name: ServiceName) => Promise<Wired>;
  /** What instances of a service give MySQL as their password, from their next start on; those that are made later as well. */
  readonly setPassword: (name: ServiceName, password: string) => void;
  /** The sum of a metric over all processes, of those of its lines that hold `text`, or match it. */
  readonly metric: (name: string, text?: string | RegExp) => Promise<number>;
  close(): Promise<void>;
};

export type ArenaOptions = {
  readonly environment: NodeJS.ProcessEnv;
  readonly instancesPerService: number;
  readonly write: (line: string) => void;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly httpClient: HttpClient;
  readonly logger: Logger;
  readonly signal: AbortSignal;
};

const partitions = '8';
const appearPollMs = 50;
const appearTries = 200;
const preloaded = [new URL('clock-jump.mjs', import.meta.url), new URL('reroute.mjs', import.meta.url)];

/** What a shop waits minutes for comes within seconds here; nothing else is different. */
const settings = { LOG_LEVEL: 'warn', UNKNOWN_DEADLINE_MS: '20000', SANDBOX_DELIVERY_MS: '200' } as const;
const providerOf: Readonly<Partial<Record<Member, Provider>>> = {
  payment: 'psp',
  shipping: 'carrier',
  antifraud: 'bureau',
};

/** @throws Error with one line that says what to do: a server does not answer, a process does not start */
export async function openArena(options: ArenaOptions): Promise<Arena> {
  const { clock, ids, random, httpClient, logger, signal, instancesPerService, write } = options;
  const run = `chaos_${ids.uuid().slice(-8)}`;
  const dataDir = mkdtempSync(join(tmpdir(), 'checkout-chaos-'));
  const sandboxPort = await freePort();
  const { MYSQL_URL, MYSQL_ROOT_URL = MYSQL_URL } = options.environment;
  const servers = loadServers({
    ...options.environment,
    MYSQL_URL: MYSQL_ROOT_URL,
    MYSQL_DATABASE_PREFIX: `${run}_`,
    BUS_PREFIX: `${run}.`,
    LOG_PARTITIONS: partitions,
    DATA_DIR: dataDir,
  });
  const { mysqlUrl: serverUrl, databasePrefix: prefix, partitions: count, replicationFactor } = servers;
  const connection = servers.connection();
  if (connection.bus.kind === 'embedded') throw new Error('BUS must be kafka or rabbitmq');
  const brokers = connection.bus.kind === 'kafka' ? connection.bus.brokers : [];
  const databases = { serverUrl, prefix, partitions: count, clock, ids };
  await prepareDatabases(databases);
  const databaseUrls = await prepareUsers(databases, { passwords: {}, say: write });
  await prepareBus(connection, { clock, logger, replicationFactor });

  const plans = new Map(
    planProcesses(servers, { psp: ids.uuid(), carrier: ids.uuid() }, databaseUrls).map(
      (plan) => [plan.name, plan] as const,
    ),
  );
  const proxies: TcpProxy[] = [];
  const proxyTo = async (url: string) => {
    const proxy = await createTcpProxy(url);
    proxies.push(proxy);
    return proxy;
  };
  const through = async (url: string | undefined) => (url === undefined ? undefined : proxyTo(url));

  const passwords = new Map<Member, string>();
  const withPassword = (name: Member, url: string) => {
    const password = passwords.get(name);
    return password === undefined ? url : Object.assign(new URL(url), { password }).href;
  };

  const jumpFileOf = (url: string) => join(dataDir, `clock-${new URL(url).port}`);

  const wire = async (name: Member): Promise<Wired> => {
    const plan = plans.get(name) as ProcessPlan;
    const port = name === 'sandbox' ? sandboxPort : await freePort();
    const url = `http://127.0.0.1:${port}`;
    const { environment } = plan;
    const provider = providerOf[name];
    const providerUrl = provider && `http://127.0.0.1:${sandboxPort}/${provider}`;
    const lines = {
      mysql: await through(environment['MYSQL_URL']),
      redis: await through(environment['REDIS_URL']),
      rabbitmq: await through(environment['RABBITMQ_URL']),
      kafka: await Promise.all(brokers.map((broker) => proxyTo(`tcp://${broker}`))),
      provider: await through(providerUrl),
    };
    const instance = createInstance(
      {
        ...plan,
        url,
        environment: {
          ...environment,
          ...settings,
          PORT: String(port),
          CLOCK_JUMP_FILE: jumpFileOf(url),
          NODE_OPTIONS: preloaded.map(({ href }) => `--import=${href}`).join(' '),
          REROUTED: JSON.stringify(lines.kafka.map(({ url: way }, index) => [brokers[index], new URL(way).host])),
          ...(lines.mysql && { MYSQL_URL: withPassword(name, lines.mysql.url) }),
          ...(lines.redis && { REDIS_URL: lines.redis.url }),
          ...(lines.rabbitmq && { RABBITMQ_URL: lines.rabbitmq.url }),
          ...(provider && lines.provider && { [`${provider.toUpperCase()}_URL`]: lines.provider.url }),
          ...(name === 'sandbox' && webhookUrls),
        },
      },
      { environment: inheritedBy(options.environment), write, clock, httpClient },
    );
    return { instance, ...lines };
  };

  const webhookUrls: Record<string, string> = {};
  const wired: Wired[] = [];
  const spare: Wired[] = [];
  for (const name of services) {
    for (let index = 0; index < instancesPerService; index += 1) wired.push(await wire(name));
  }
  const of = (name: Member) => wired.filter(({ instance }) => instance.name === name);
  const pick = (name: Member) => {
    const there = of(name);
    const ready = there.filter(({ instance }) => instance.isInBalance());
    const choice = ready.length > 0 ? ready : there;
    const chosen = choice[Math.floor(random.next() * choice.length)];
    if (chosen === undefined) throw new Error(`there is no ${name}`);
    return chosen.instance.url;
  };
  /** One address for all instances of a service, as a cluster gives it: each connection goes to one that takes requests. */
  const balanced = async (name: Member) => {
    const proxy = await createTcpProxy(pick(name), () => pick(name));
    proxies.push(proxy);
    return proxy.url;
  };
  webhookUrls['PSP_WEBHOOK_URL'] = new URL('/v1/webhooks/psp', await balanced('payment')).href;
  webhookUrls['CARRIER_WEBHOOK_URL'] = new URL('/v1/webhooks/carrier', await balanced('shipping')).href;
  wired.push(await wire('sandbox'));

  const addressOf = (path: string) => {
    const found = memberAt(path);
    return found === undefined ? `${pick('order')}${path}` : `${pick(found.member)}${found.path}`;
  };
  const parts = { httpClient, clock, random, signal, say: write };
  const client = createPlatformClient({ ...parts, name: 'the platform', addressOf });
  const gets = Object.fromEntries(
    processNames.map((name) => [
      name,
      createPlatformClient({ ...parts, name, addressOf: (path) => `${pick(name)}${path}` }).get,
    ]),
  ) as Record<Member, Get>;

  const close = async () => {
    await Promise.all([...wired, ...spare].map(({ instance }) => instance.close()));
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await dropDatabases(databases);
    await dropBus(connection, { logger });
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await Promise.all(wired.map(({ instance }) => instance.start()));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    bus: connection.bus.kind,
    busPrefix: connection.busPrefix,
    servers,
    databases,
    administratorUrl: serverUrl,
    control: Object.fromEntries(
      serverNames.map((name) => [name, createServerControl(name, options.environment)]),
    ) as Arena['control'],
    clock,
    random,
    logger,
    signal,
    of,
    all: wired,
    addressOf,
    client,
    get: together(gets),
    async jumpClock(instance, jumpMs) {
      const file = jumpFileOf(instance.url);
      const seen = `${file}.seen`;
      rmSync(seen, { force: true });
      writeFileSync(file, String(jumpMs));
      instance.signal('SIGUSR2');
      return Number(await appearing(seen, clock));
    },
    async another(name) {
      const one = await wire(name);
      spare.push(one);
      return one;
    },
    setPassword(name, password) {
      passwords.set(name, password);
      for (const { instance, mysql } of of(name)) {
        if (mysql !== undefined) instance.configure({ MYSQL_URL: withPassword(name, mysql.url) });
      }
    },
    async metric(name, text = '') {
      const pages = await Promise.all(
        wired.map(async ({ instance }) => {
          const answer = await httpClient.send({ method: 'GET', url: `${instance.url}/metrics`, timeoutMs: 5_000 });
          return answer.kind === 'response' ? answer.body : '';
        }),
      );
      return sumOf(pages.join('\n'), name, text);
    },
    close,
  };
}

/** @throws Error when the file is not there within seconds */
async function appearing(file: string, clock: Clock): Promise<string> {
  for (let tries = 0; tries < appearTries; tries += 1) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (text !== '') return text;
    await clock.sleep(appearPollMs);
  }
  throw new Error('a process whose clock was set does not say so');
}

function sumOf(page: string, name: string, text: string | RegExp): number {
  const holds = (line: string) => (typeof text === 'string' ? line.includes(text) : text.test(line));
  return page
    .split('\n')
    .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && holds(line))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
