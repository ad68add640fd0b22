import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import type { Clock } from '@checkout/kernel';
import { testIdentity, testTable } from '../../testing/units.builder.ts';
import { migrateMysqlLog } from '../migrate.ts';
import { readModelDdl } from './read-model-ddl.ts';
import { openSession, type Session } from '../session.ts';
import { logTables } from '../schema.ts';
import { getTableName } from 'drizzle-orm';

/** Where the tests find a server, with the right to make databases; without it they are left out. */
export const mysqlUrl = process.env['MYSQL_URL'];

/** The same server's administrator, who may make users and set what is global. */
export const mysqlRootUrl = process.env['MYSQL_ROOT_URL'];

const timeoutMs = 30_000;

/** A database of its own for one file of tests, with an empty log in it. */
export type TestDatabase = {
  readonly url: string;
  /** A connection with all rights. */
  readonly admin: Session;
  /** Takes everything out of the log. */
  empty(): Promise<void>;
  drop(): Promise<void>;
};

/** A database of its own for one file of tests, with nothing in it. */
export async function createEmptyDatabase(clock: Clock, name: string) {
  if (mysqlUrl === undefined) throw new Error('MYSQL_URL is not set');
  const database = `test_${name}_${process.pid}`;
  const server = await openSession({ address: { url: mysqlUrl }, settings: [], clock, timeoutMs });
  const make = [`DROP DATABASE IF EXISTS ${database}`, `CREATE DATABASE ${database}`];
  await server.write(make);
  return {
    url: Object.assign(new URL(mysqlUrl), { pathname: `/${database}` }).href,
    empty: async () => void (await server.write(make)),
    async drop() {
      await server.write([`DROP DATABASE ${database}`]);
      server.destroy();
    },
  };
}

export async function createTestDatabase(clock: Clock, name: string): Promise<TestDatabase> {
  const empty = await createEmptyDatabase(clock, name);
  const { url } = empty;
  const directory = await mkdtemp(join(tmpdir(), 'migrations-'));
  await writeFile(join(directory, '0001_orders.sql'), readModelDdl(testTable));
  await migrateMysqlLog({ url, identity: testIdentity, migrations: pathToFileURL(`${directory}/`), clock });
  await rm(directory, { recursive: true });
  const admin = await openSession({ address: { url }, settings: [], clock, timeoutMs });
  const filled = [...logTables.map((table) => getTableName(table)), testTable.name].filter(
    (table) => table !== 'meta' && table !== 'log_head',
  );
  return {
    url,
    admin,
    empty: async () =>
      void (await admin.write([
        ...filled.map((table) => `DELETE FROM ${table}`),
        'UPDATE log_head SET next_position = 1',
      ])),
    async drop() {
      admin.destroy();
      await empty.drop();
    },
  };
}
