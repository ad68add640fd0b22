import type { ServiceName } from '@checkout/contracts';
import {
  createEventLog,
  type EventLog,
  LogNotReadyError,
  LogOpenError,
  type LogStorage,
  type ReadModelTable,
} from '@checkout/event-log';
import { openMysqlLog } from '@checkout/event-log/mysql';
import type { Clock, Ids } from '@checkout/kernel';
import {
  type Bus,
  type CopyDeadLetter,
  createRelay,
  platformGroups,
  type Publisher,
  type Workers,
} from '@checkout/messaging';
import { connectEmbedded, openEmbeddedLog } from '@checkout/messaging/embedded';
import { createKafkaBus } from '@checkout/messaging/kafka';
import { createRabbitmqBus } from '@checkout/messaging/rabbitmq';
import { lockDirectory, type Logger, type Metrics, type Startup } from '@checkout/runtime';
import type { ConnectedServiceConfig, ConnectionConfig } from './connection-variables.ts';
import { patiently } from './patience.ts';

export type ConnectDeps = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** The service's own. */
  readonly metrics: Metrics;
  readonly onFatal: (error: Error) => void;
  readonly startup: Startup;
};

/** What is the service's own. */
export type ServiceParts = {
  readonly service: ServiceName;
  readonly table: ReadModelTable;
  /** A directory with its own migrations: what its database has to have before it starts. */
  readonly migrations: URL;
};

/** Something that a service can do without for a while. */
export type Dependency = { readonly name: string; readonly ok: boolean; readonly required: false };

/** A service's log and its way to the others. */
export type ConnectedService = {
  readonly log: EventLog;
  readonly bus: Bus;
  readonly copyDeadLetter?: CopyDeadLetter;
  /**
   * The service's work with the publishing of its log beside it; that ends last, so that what was recorded last leaves. And
   * whether the broker answers, to be shown.
   */
  hosted(workers: Workers): Workers & { readonly dependencies: () => readonly Dependency[] };
  close(): Promise<void>;
};

/**
 * Connects a service to its database and to the bus, as its configuration says. The bus need not be there yet. A database that
 * starts together with the service, that fails over or that has not been migrated yet is waited for; a wrong one is not.
 *
 * @throws LogOpenError when the database is not this service's, or is not there or not migrated in time
 * @throws the reason of the startup's signal
 */
export async function connectService(
  config: ConnectedServiceConfig,
  deps: ConnectDeps,
  { service, table, migrations }: ServiceParts,
): Promise<ConnectedService> {
  const { dataDir, connection } = config;
  const { store, bus, partitions, busPrefix } = connection;
  const lock = store.kind === 'sqlite' ? lockDirectory(dataDir, [service]) : undefined;
  try {
    if (bus.kind === 'embedded') {
      const connected = connectEmbedded({ ...deps, dataDir }, service, table);
      const close = async () => {
        await connected.close();
        lock?.release();
      };
      return { ...connected, hosted: (workers) => ({ ...workers, dependencies: () => [] }), close };
    }
    const log =
      store.kind === 'sqlite'
        ? openEmbeddedLog({ ...deps, dataDir }, service, table)
        : createEventLog({
            storage: await openInTime(deps, connection.startWithinMs, () =>
              openMysqlLog({ ...store, service, partitions, table, migrations, clock: deps.clock }),
            ),
            clock: deps.clock,
          });
    const broker = openBroker(bus, deps, { service, partitions, prefix: busPrefix });
    const { clock, ids, logger } = deps;
    const relay = createRelay({
      log,
      publisher: broker.publisher,
      clock,
      logger,
      metrics: deps.metrics,
      owner: ids.uuid(),
    });
    return {
      log,
      bus: broker.bus,
      copyDeadLetter: broker.copyDeadLetter,
      hosted: (workers) => ({
        async start() {
          relay.start();
          await workers.start();
        },
        async stop() {
          await workers.stop();
          await relay.stop();
        },
        dependencies: () => [{ name: bus.kind, ok: !broker.isAway(), required: false }],
      }),
      async close() {
        await broker.close();
        await log.close();
        lock?.release();
      },
    };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

type Broker = {
  readonly publisher: Publisher;
  readonly bus: Bus;
  readonly copyDeadLetter: CopyDeadLetter;
  isAway(): boolean;
  close(): Promise<void>;
};

function openBroker(
  bus: Exclude<ConnectionConfig['bus'], { readonly kind: 'embedded' }>,
  { clock, logger, metrics, onFatal }: ConnectDeps,
  {
    service,
    partitions,
    prefix,
  }: { readonly service: ServiceName; readonly partitions: number; readonly prefix: string },
): Broker {
  const parts = { clock, logger, metrics };
  if (bus.kind === 'kafka') {
    if (bus.sasl !== undefined && bus.tls === undefined) {
      logger.warn('KAFKA_TLS is off: whoever listens on the way to Kafka sees everything, also who logs in');
    }
    return createKafkaBus({ ...parts, partitions, connection: { ...bus, clientId: service, prefix } });
  }
  const topology = { partitions, groups: platformGroups() };
  return createRabbitmqBus({ ...parts, topology, onFatal, address: { url: bus.url, prefix } });
}

async function openInTime(
  { clock, logger, startup }: ConnectDeps,
  withinMs: number,
  open: () => Promise<LogStorage>,
): Promise<LogStorage> {
  let waitedFor: string | undefined;
  const passes = (error: unknown) => error instanceof LogNotReadyError || !(error instanceof LogOpenError);
  const onFailure = (error: Error) => {
    const what = error instanceof LogNotReadyError ? 'schema' : 'log';
    if (what !== waitedFor) logger.warn(`waiting for the ${what === 'log' ? 'database' : 'schema'}`, { err: error });
    waitedFor = what;
    startup.waitsFor(what, error.message);
  };
  try {
    return await patiently(open, { clock, withinMs, passes, onFailure, signal: startup.signal });
  } catch (error) {
    if (startup.signal.aborted || !passes(error)) throw error;
    const { message } = error as Error;
    const what = error instanceof LogNotReadyError ? '' : 'the database does not answer: ';
    throw new LogOpenError(`not started within ${withinMs} ms (START_WITHIN_MS): ${what}${message}`, error);
  }
}
