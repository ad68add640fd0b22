import process from 'node:process';
import { type ServiceName, services } from '@checkout/contracts';
import { createEventLog, type EventLog } from '@checkout/event-log';
import { openMysqlLog } from '@checkout/event-log/mysql';
import { createRelay, type Publisher, type Relay } from '@checkout/messaging';
import { createKafkaBus, type KafkaBus } from '@checkout/messaging/kafka';
import { ordersTable } from '@checkout/order';
import {
  databaseUrl,
  dropBus,
  dropDatabases,
  loadServers,
  prepareBus,
  prepareDatabases,
  type Servers,
} from '@checkout/processes';
import { createLogger, createMetrics, createSystemIds } from '@checkout/runtime';
import { type BenchContext, BenchError, StoppedError } from '../bench-context.ts';

/** Databases and topics on real servers, which nobody else has and which end with the benchmark. */
export type TestBed = {
  readonly databaseUrls: Readonly<Record<ServiceName, string>>;
  readonly partitions: number;
  /** What a process of a service is told of them. */
  environmentOf(service: ServiceName): Readonly<Record<string, string>>;
  /** The same servers for processes, the first of which listens there, with these databases and topics. */
  serversAt(port: number, dataDir: string): Servers;
  /** The order service's log as the service opens it. */
  openLog(): Promise<EventLog>;
  openBus(): KafkaBus;
  openRelay(log: EventLog, publisher: Publisher): Relay;
  close(): Promise<void>;
};

/**
 * @param needs topics take their time: they are made for those who need them
 * @throws BenchError with what to do when the servers are not named; Error when they do not answer
 */
export async function openTestBed(
  { clock, signal }: BenchContext,
  needs: { readonly kafka: boolean },
): Promise<TestBed> {
  if (signal.aborted) throw new StoppedError();
  for (const name of needs.kafka ? ['MYSQL_URL', 'KAFKA_BROKERS'] : ['MYSQL_URL']) {
    if (!process.env[name]) throw new BenchError(`${name} is not set: this benchmark runs on real servers`);
  }
  const ids = createSystemIds();
  const run = `bench_${ids.uuid().slice(-8)}`;
  const environment = {
    ...process.env,
    BUS: 'kafka',
    MYSQL_DATABASE_PREFIX: `${run}_`,
    BUS_PREFIX: `${run}.`,
  };
  const servers = loadServers(environment);
  const { mysqlUrl: serverUrl, databasePrefix: prefix, partitions, replicationFactor } = servers;
  const connection = servers.connection();
  const { bus, busPrefix } = connection;
  if (bus.kind !== 'kafka') throw new BenchError('BUS must be kafka');
  const { brokers } = bus;
  const metrics = createMetrics('bench');
  const logger = createLogger({ service: 'bench', level: 'error', metrics });
  const databases = { serverUrl, prefix, partitions, clock, ids };
  const databaseUrls = Object.fromEntries(
    services.map((service) => [service, databaseUrl(databases, service)]),
  ) as Record<ServiceName, string>;
  const url = databaseUrls.order;
  const close = async () => {
    await dropDatabases(databases);
    if (needs.kafka) await dropBus(connection, { logger });
  };
  try {
    await prepareDatabases(databases);
    if (needs.kafka) await prepareBus(connection, { clock, logger, replicationFactor });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    databaseUrls,
    partitions,
    environmentOf: (service) => ({
      STORE: 'mysql',
      MYSQL_URL: databaseUrls[service],
      BUS: 'kafka',
      BUS_PREFIX: busPrefix,
      LOG_PARTITIONS: String(partitions),
    }),
    serversAt: (port, dataDir) => loadServers({ ...environment, PORT: String(port), DATA_DIR: dataDir }),
    openLog: async () =>
      createEventLog({
        storage: await openMysqlLog({ url, service: 'order', partitions, table: ordersTable, clock }),
        clock,
      }),
    openBus: () =>
      createKafkaBus({
        connection: { brokers, clientId: 'bench', prefix: busPrefix },
        partitions,
        clock,
        logger,
        metrics,
      }),
    openRelay: (log, publisher) => createRelay({ log, publisher, clock, logger, owner: ids.uuid() }),
    close,
  };
}
