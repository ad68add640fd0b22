import type { ServiceName } from '@checkout/contracts';
import { createEventLog, type EventLog, LogOpenError, type LogStorage, type ReadModelTable } from '@checkout/event-log';
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
import { lockDirectory, type Logger, type Metrics } from '@checkout/runtime';
import type { ConnectedServiceConfig, ConnectionConfig } from './connection-variables.ts';

export type ConnectDeps = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** The service's own. */
  readonly metrics: Metrics;
  readonly onFatal: (error: Error) => void;
};

/** A service's log and its way to the others. */
export type ConnectedService = {
  readonly log: EventLog;
  readonly bus: Bus;
  readonly copyDeadLetter?: CopyDeadLetter;
  /** The service's work with the publishing of its log beside it; that ends last, so that what was recorded last leaves. */
  hosted(workers: Workers): Workers;
  close(): Promise<void>;
};

/** How long a database may be away when the service starts. */
const openWithinMs = 60_000;
const openAgainMs = 1_000;

/**
 * Connects a service to its database and to the bus, as its configuration says. The bus need not be there yet.
 *
 * @throws LogOpenError when the database is not this service's, or cannot be reached within a minute
 */
export async function connectService(
  config: ConnectedServiceConfig,
  deps: ConnectDeps,
  service: ServiceName,
  table: ReadModelTable,
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
      return { ...connected, hosted: (workers) => workers, close };
    }
    const log =
      store.kind === 'sqlite'
        ? openEmbeddedLog({ ...deps, dataDir }, service, table)
        : createEventLog({
            storage: await openInTime(deps, () =>
              openMysqlLog({ ...store, service, partitions, table, clock: deps.clock }),
            ),
            clock: deps.clock,
          });
    const broker = openBroker(bus, deps, { service, partitions, prefix: busPrefix });
    const { clock, ids, logger } = deps;
    const relay = createRelay({ log, publisher: broker.publisher, clock, logger, owner: ids.uuid() });
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

/** A database that starts together with the service, or fails over, is waited for; a wrong one is not. */
async function openInTime({ clock, logger }: ConnectDeps, open: () => Promise<LogStorage>): Promise<LogStorage> {
  const giveUpAt = clock.monotonic() + openWithinMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await open();
    } catch (error) {
      if (error instanceof LogOpenError) throw error;
      if (clock.monotonic() >= giveUpAt) {
        throw new LogOpenError(`the database does not answer: ${(error as Error).message}`, error);
      }
      if (attempt === 1) logger.warn('waiting for the database', { err: error });
      await clock.sleep(openAgainMs);
    }
  }
}
