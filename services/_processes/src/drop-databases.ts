import { services } from '@checkout/contracts';
import { dropMysqlDatabase } from '@checkout/event-log/mysql';
import { databaseAddress, type DatabaseOptions } from './prepare-databases.ts';
import { dropUsers } from './service-users.ts';

/** Removes every service's database, with all orders in it, and the services' own users. */
export async function dropDatabases(databases: Omit<DatabaseOptions, 'partitions' | 'ids'>): Promise<void> {
  const { clock } = databases;
  for (const service of services) await dropMysqlDatabase({ ...databaseAddress(databases, service), clock });
  await dropUsers(databases);
}
