import process from 'node:process';
import { connectionConfigOf } from '@checkout/hosting';
import { databaseUrl, dropBus, dropDatabases, prepareBus, prepareDatabases } from '@checkout/processes';
import { createSystemClock, createSystemIds } from '@checkout/runtime';
import { createSilentLogger } from '@checkout/runtime/testing';
import type { Name } from './alone.ts';

/** What the environment has to name; without it, the tests on servers are left out. */
export const mysqlUrl = process.env['MYSQL_URL'];

const partitions = 4;

/** Databases and topics of this run's own, and the environment of services that use them. */
export async function settingsOnServers(bus: 'kafka' | 'rabbitmq') {
  const clock = createSystemClock();
  const run = `e2e_${bus}_${process.pid}`;
  const databases = { serverUrl: mysqlUrl ?? '', prefix: `${run}_`, partitions, clock, ids: createSystemIds() };
  const connection = {
    STORE: 'mysql',
    BUS: bus,
    KAFKA_BROKERS: process.env['KAFKA_BROKERS'],
    RABBITMQ_URL: process.env['RABBITMQ_URL'],
    BUS_PREFIX: `${run}.`,
    LOG_PARTITIONS: partitions,
    MYSQL_URL: mysqlUrl,
  } as const;
  await prepareDatabases(databases);
  const config = connectionConfigOf(connection);
  const logger = createSilentLogger();
  await prepareBus(config, { clock, logger, replicationFactor: 1 });
  const of = (name: Name): Readonly<Record<string, string>> =>
    name === 'sandbox'
      ? {}
      : {
          STORE: connection.STORE,
          BUS: connection.BUS,
          BUS_PREFIX: connection.BUS_PREFIX,
          LOG_PARTITIONS: String(partitions),
          MYSQL_URL: databaseUrl(databases, name),
        };
  const remove = async () => {
    await dropDatabases(databases);
    await dropBus(config, { logger });
  };
  return { of, remove };
}
