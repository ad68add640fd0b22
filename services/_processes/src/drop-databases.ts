import { services } from '@checkout/contracts';
import { dropMysqlDatabase } from '@checkout/event-log/mysql';
import { type DatabaseOptions, databaseUrl } from './prepare-databases.ts';
import { dropUsers } from './service-users.ts';

/** Removes every service's database, with all orders in it, and the services' own users. */
export async function dropDatabases(databases: Omit<DatabaseOptions, 'partitions' | 'ids'>): Promise<void> {
  const { clock } = databases;
  for (const service of services) await dropMysqlDatabase({ url: databaseUrl(databases, service), clock });
  await dropUsers(databases);
}
