import { type ServiceName, services } from '@checkout/contracts';
import { inDatabase, type Migrated, type MysqlAddress } from '@checkout/event-log/mysql';
import { migrateService } from '@checkout/hosting';
import type { Clock, Ids } from '@checkout/kernel';

export type DatabaseOptions = {
  /** Of the server, with the right to make databases and tables. */
  readonly serverUrl: string;
  /** The only certificates that the server's may be of; without them, nothing is encrypted. */
  readonly ca?: MysqlAddress['ca'];
  /** Before the name of each service's database. */
  readonly prefix: string;
  readonly partitions: number;
  readonly clock: Clock;
  readonly ids: Ids;
};

/** The address of a service's own database. */
export function databaseUrl(databases: Pick<DatabaseOptions, 'serverUrl' | 'prefix'>, service: ServiceName): string {
  return databaseAddress(databases, service).url;
}

/** The same, with how it is reached. */
export function databaseAddress(
  { serverUrl, ca, prefix }: Pick<DatabaseOptions, 'serverUrl' | 'ca' | 'prefix'>,
  service: ServiceName,
): MysqlAddress {
  return inDatabase({ url: serverUrl, ca }, `${prefix}${service}`);
}

const migrationsOf = (service: ServiceName) => new URL(`../../${service}/drizzle/`, import.meta.url);

/**
 * Brings one service's database to what this build needs; makes it when it is not there.
 *
 * @throws MigrationError with one line that says what to do
 */
export async function migrateDatabase(
  options: DatabaseOptions,
  service: ServiceName,
  { dryRun }: { readonly dryRun: boolean },
): Promise<Migrated> {
  const { partitions, clock, ids } = options;
  const address = databaseAddress(options, service);
  return migrateService({ service, migrations: migrationsOf(service), address, partitions, clock, ids, dryRun });
}

/** The same for every service. @throws MigrationError */
export async function prepareDatabases(options: DatabaseOptions): Promise<void> {
  for (const service of services) await migrateDatabase(options, service, { dryRun: false });
}
