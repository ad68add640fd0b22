import { type ServiceName, services } from '@checkout/contracts';
import { createEventLog } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { createApp } from '@checkout/http';
import { type Bus, createRelay, type Relay } from '@checkout/messaging';
import { createEmbeddedBus } from '@checkout/messaging/embedded';
import { createSilentLogger } from '@checkout/runtime/testing';
import { composeSandbox } from '@checkout/sandbox';
import { createSimulatedBroker, type SimulatedBroker } from '../ports/simulated-broker.ts';
import { createSimulatedLogSource, createWatchers, type Watchers } from '../ports/simulated-log-source.ts';
import { createSimulatedNetwork, type Server } from '../ports/simulated-network.ts';
import { createSimulatedStorage, type SimulatedDatabase } from '../ports/simulated-storage.ts';
import type { Storm, Strikes } from '../storm/faults.ts';
import { type Build, createRelease, type Release } from '../storm/release.ts';
import type { Dice } from '../world/dice.ts';
import type { Scheduler } from '../world/scheduler.ts';
import { createProcess, type SimulatedProcess } from '../world/simulated-process.ts';
import type { Trace } from '../world/trace.ts';
import { compositions, originOf, type SimulatedService, webhookSecret } from './services.ts';

export type WorldDeps = {
  readonly scheduler: Scheduler;
  readonly dice: Dice;
  readonly strikes: Strikes;
  readonly trace: Trace;
  readonly storm: () => Storm;
};

/** An instance of a service: a slot that holds one life after the other. */
export type Instance = {
  readonly service: ServiceName;
  readonly name: string;
  readonly life: () => SimulatedProcess;
  readonly isUp: () => boolean;
  /** Whether this life is of the newest build. */
  readonly isUpToDate: () => boolean;
  /** Begins a new life; what it finds is what the databases hold. */
  readonly start: () => void;
  readonly stop: () => Promise<void>;
  /** The app of this life, made when it is first asked. */
  readonly server: () => Server;
};

export type Database = SimulatedDatabase & { readonly watchers: Watchers; readonly refuseWrites: (ms: number) => void };

export type World = {
  readonly instances: readonly Instance[];
  readonly databases: Readonly<Record<ServiceName, Database>>;
  readonly sandbox: Server;
  readonly broker: SimulatedBroker;
  readonly release: Release;
  /** Any instance that is up answers for its service. */
  readonly route: (origin: string) => Server | undefined;
  readonly close: () => Promise<void>;
};

const partitions = 4;
/** Simulated looks cost time as real ones do, and nothing is faster here for looking more often. */
const relayPollMs = { busy: 50, idle: 1_000 } as const;

type Running = { readonly service: SimulatedService; readonly relay: Relay | undefined };

type Life = { readonly process: SimulatedProcess; readonly build: Build; readonly running: Running; server?: Server };

const logger = createSilentLogger();

/** The whole platform on simulated ports: so many instances of each service, their databases, the providers. */
export async function createWorld(deps: WorldDeps): Promise<World> {
  const { scheduler, dice, strikes, trace, storm } = deps;
  const serverProcess = createProcess(scheduler, { name: 'servers', dice: dice.fork('servers') });
  const databases = Object.fromEntries(
    services.map((service) => [service, createDatabase(service, serverProcess, scheduler)]),
  ) as Record<ServiceName, Database>;

  const broker = createSimulatedBroker(partitions, dice.fork('broker'));
  const release = createRelease({ storm: storm(), dice: dice.fork('release'), strikes });
  const instances: Instance[] = [];
  const routing = dice.fork('routing');
  const route = (origin: string): Server | undefined => {
    if (origin === originOf('sandbox')) return sandbox.server;
    const up = instances.filter((instance) => originOf(instance.service) === origin && instance.isUp());
    return up[routing.between(0, up.length - 1)]?.server();
  };
  const sandbox = await startSandbox(deps, route);

  /** Ends the process at a port call, as a crash at any `await` would. */
  const failpointOf = (process: SimulatedProcess, draws: Dice) => (name: string) => {
    if (!process.isAlive()) return true;
    if (!draws.chance(storm().crashAtCall)) return false;
    strikes.count('crashAtCall');
    trace.note(process.name, `crashes: ${name}`);
    process.kill();
    return true;
  };

  const begin = (service: ServiceName, build: Build, process: SimulatedProcess, draws: Dice): Running => {
    const ports = { process, storm, dice: draws, strikes, trace, failpoint: failpointOf(process, draws) };
    const connect = (database: Database) => createSimulatedStorage({ ...ports, database, elapsed: scheduler.elapsed });
    const log = createEventLog({ storage: build.readingLetters(connect(databases[service])), clock: process.clock });
    const { clock, ids } = process;
    const httpClient = createSimulatedNetwork({ ...ports, route });
    const compose = (bus: Bus) =>
      compositions[service]({
        log,
        bus: build.reading(bus),
        clock,
        ids,
        random: draws.fork('random'),
        logger,
        httpClient,
      });
    if (storm().transport === 'broker') {
      const { bus, publisher } = broker.connect(ports);
      const relay = createRelay({ log, publisher, clock, logger, owner: ids.uuid(), pollMs: relayPollMs });
      return { service: compose(bus), relay };
    }
    const sources = Object.fromEntries(
      services.map((producer) => [
        producer,
        createSimulatedLogSource({
          ...ports,
          connection: connect(databases[producer]),
          watchers: databases[producer].watchers,
        }),
      ]),
    ) as Parameters<typeof createEmbeddedBus>[0]['sources'];
    const onFatal = (error: Error) => {
      trace.note(process.name, `ends: ${error.message}`);
      process.kill();
    };
    return { service: compose(createEmbeddedBus({ log, sources, clock, logger, onFatal })), relay: undefined };
  };

  const createInstance = (service: ServiceName, index: number): Instance => {
    const name = `${service}-${index}`;
    let lives = 0;
    let life: Life | undefined;
    const current = () => {
      if (life === undefined) throw new Error(`${name} was never started`);
      return life;
    };
    return {
      service,
      name,
      life: () => current().process,
      isUp: () => life?.process.isAlive() ?? false,
      isUpToDate: () => current().build.isNew === release.hasBegun(),
      start() {
        lives += 1;
        const draws = dice.fork(`${name}#${lives}`);
        const process = createProcess(scheduler, { name, dice: draws.fork('ids') });
        const build = release.build();
        const running = begin(service, build, process, draws);
        life = { process, build, running };
        trace.note(name, `starts, life ${lives}`);
        // As the program does: a start that fails ends the process, and somebody starts it again.
        running.relay?.start();
        void running.service.start().catch((error: Error) => {
          trace.note(name, `did not start: ${error.message}`);
          process.kill();
        });
      },
      async stop() {
        if (life?.process.isAlive() !== true) return;
        await Promise.all([life.running.service.stop(), life.running.relay?.stop()]);
      },
      server() {
        const { process, running, server } = current();
        if (server !== undefined) return server;
        const { clock, ids } = process;
        const app = createApp({ services: [running.service.module], logger, clock, ids, title: name, version: '0' });
        const made: Server = { process, answer: (request) => app.request(request) };
        current().server = made;
        return made;
      },
    };
  };

  for (const service of services) {
    for (let index = 1; index <= storm().instances; index += 1) instances.push(createInstance(service, index));
  }
  return { instances, databases, sandbox: sandbox.server, broker, release, route, close: sandbox.close };
}

function createDatabase(service: ServiceName, server: SimulatedProcess, scheduler: Scheduler): Database {
  const watchers = createWatchers();
  let readOnlyUntilMs = 0;
  return {
    storage: createMemoryStorage({
      identity: { logId: `log-of-${service}`, service, partitions, epoch: 1 },
      clock: server.clock,
    }),
    watchers,
    announce: watchers.announce,
    readOnlyUntil: () => readOnlyUntilMs,
    refuseWrites: (ms) => {
      readOnlyUntilMs = scheduler.elapsed() + ms;
    },
  };
}

/** The outside world: the production sandbox, which never crashes and keeps books of its own. */
async function startSandbox(
  { scheduler, dice, strikes, trace, storm }: WorldDeps,
  route: (origin: string) => Server | undefined,
): Promise<{ readonly server: Server; readonly close: () => Promise<void> }> {
  const draws = dice.fork('sandbox');
  const process = createProcess(scheduler, { name: 'sandbox', dice: draws.fork('ids') });
  const { clock, ids } = process;
  const httpClient = createSimulatedNetwork({
    route,
    process,
    storm,
    dice: draws.fork('network'),
    strikes,
    trace,
    failpoint: () => false,
  });
  const sandbox = composeSandbox({
    config: {
      ledgerFile: ':memory:',
      deliveryMs: 500,
      webhooks: {
        psp: { url: `${originOf('payment')}/v1/webhooks/psp`, secret: webhookSecret },
        carrier: { url: `${originOf('shipping')}/v1/webhooks/carrier`, secret: webhookSecret },
      },
    },
    clock,
    ids,
    random: draws.fork('random'),
    logger,
    httpClient,
  });
  await sandbox.start();
  const app = createApp({ services: [sandbox.module], logger, clock, ids, title: 'sandbox', version: '0' });
  return {
    server: { process, answer: (request) => app.request(request) },
    close: async () => {
      sandbox.endStreams();
      await sandbox.stop();
      await sandbox.close();
    },
  };
}
