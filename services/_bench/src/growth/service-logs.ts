import { statSync } from 'node:fs';
import { join } from 'node:path';
import { assessmentsTable } from '@checkout/antifraud';
import { type ServiceName, services } from '@checkout/contracts';
import type { LogStorage, ReadModelTable } from '@checkout/event-log';
import { createSqliteStorage, openSqliteLogReader } from '@checkout/event-log/sqlite';
import type { Clock } from '@checkout/kernel';
import { sagasTable } from '@checkout/orchestrator';
import { ordersTable } from '@checkout/order';
import { paymentsTable } from '@checkout/payment';
import { shipmentsTable } from '@checkout/shipping';
import { BenchError } from '../bench-context.ts';

/** The storages of all services over one data directory whose platform is not running. */
export type ServiceLogs = Readonly<Record<ServiceName, LogStorage>>;

const tables: Readonly<Record<ServiceName, ReadModelTable>> = {
  order: ordersTable,
  orchestrator: sagasTable,
  antifraud: assessmentsTable,
  payment: paymentsTable,
  shipping: shipmentsTable,
};

export const logFileOf = (dataDir: string, service: ServiceName) => join(dataDir, `${service}.db`);

/**
 * @param clock what the rows' times come from
 * @throws BenchError when the platform has made no logs there
 */
export function openServiceLogs(dataDir: string, clock: Clock): ServiceLogs {
  const open = (service: ServiceName): LogStorage => {
    const file = logFileOf(dataDir, service);
    const reader = openSqliteLogReader(file);
    if (reader === undefined) throw new BenchError(`${file} is not there`);
    const { identity } = reader;
    reader.close();
    return createSqliteStorage({ file, identity, table: tables[service], clock });
  };
  return Object.fromEntries(services.map((service) => [service, open(service)])) as Record<ServiceName, LogStorage>;
}

export async function closeServiceLogs(logs: ServiceLogs): Promise<void> {
  await Promise.all(Object.values(logs).map((log) => log.close()));
}

/** The logs' files; their platform is stopped, so there is nothing beside them. */
export function logFilesOf(dataDir: string): readonly string[] {
  return services.map((service) => logFileOf(dataDir, service));
}

export function bytesOf(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + statSync(file).size, 0);
}

/** Positions are without gaps, so the heads count the rows. */
export async function countRows(logs: ServiceLogs): Promise<number> {
  const heads = await Promise.all(Object.values(logs).map((log) => log.heads()));
  return heads.flat().reduce((sum, head) => sum + head, 0);
}
