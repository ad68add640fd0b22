import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createSystemClock } from '@checkout/runtime';
import { getTableColumns, getTableName } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LogNotReadyError } from '../log-open-error.ts';
import { testIdentity, testTable } from '../testing/index.ts';
import { dropMysqlDatabase, migrateMysqlLog } from './migrate.ts';
import { openMysqlLog } from './open.ts';
import { readModelDdl } from './testing/read-model-ddl.ts';
import { logTables, readModelOf } from './schema.ts';
import { lockOf } from './server-work.ts';
import { openSession, type Session } from './session.ts';
import { createEmptyDatabase, mysqlUrl } from './testing/test-database.ts';

const clock = createSystemClock();
const testMs = 60_000;

describe.skipIf(mysqlUrl === undefined)('a migration', { timeout: testMs }, () => {
  let database: Awaited<ReturnType<typeof createEmptyDatabase>>;
  let directory: string;
  let session: Session;
  beforeAll(async () => {
    database = await createEmptyDatabase(clock, 'migrate');
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    await database.empty();
    session = await openSession({ address: { url: database.url }, settings: [], clock, timeoutMs: testMs });
    directory = await mkdtemp(join(tmpdir(), 'migrations-'));
    await write('0001_orders.sql', readModelDdl(testTable));
  });
  afterEach(async () => {
    session.destroy();
    await rm(directory, { recursive: true });
  });

  const write = (name: string, text: string) => writeFile(join(directory, name), text);
  const migrate = (change: Partial<Parameters<typeof migrateMysqlLog>[0]> = {}) =>
    migrateMysqlLog({
      url: database.url,
      identity: testIdentity,
      migrations: pathToFileURL(`${directory}/`),
      clock,
      ...change,
    });
  const open = (change: { readonly service?: string; readonly partitions?: number } = {}) => {
    const { service, partitions } = testIdentity;
    return openMysqlLog({ url: database.url, service, partitions, table: testTable, clock, ...change });
  };
  const tables = async () => {
    const [rows = []] = await session.read([
      'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()',
    ]);
    return rows.map(({ name }) => String(name)).toSorted();
  };

  it('makes a log that opens, and has nothing left to do then', async () => {
    await expect(open()).rejects.toThrow('the database has no log yet: run npm run migrate first.');
    expect((await migrate()).length).toBeGreaterThan(8);
    const storage = await open();
    expect(storage.identity).toEqual(testIdentity);
    expect(await storage.heads()).toEqual([0, 0, 0, 0]);
    await storage.close();

    expect(await migrate({ identity: { ...testIdentity, logId: 'another' } })).toEqual([]);
    const again = await open();
    expect(again.identity).toEqual(testIdentity);
    await again.close();
  });

  it('makes the tables that the queries are built for', async () => {
    await migrate();
    const [rows = []] = await session.read([
      `SELECT table_name AS t, column_name AS c, column_type AS type, is_nullable AS nullable
       FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name <> 'migration'`,
    ]);
    const found = rows.map(({ t, c, type, nullable }) =>
      [`${String(t)}.${String(c)}`, type, nullable === 'YES' ? 'null' : 'not null'].join(' '),
    );
    const built = [...logTables, readModelOf(testTable)].flatMap((table) =>
      Object.values(getTableColumns(table)).map(
        (column) =>
          `${getTableName(table)}.${column.name} ${column.getSQLType()} ${column.notNull || column.primary ? 'not null' : 'null'}`,
      ),
    );
    expect(found.toSorted()).toEqual(built.toSorted());
  });

  it('tells what it would do, and does nothing', async () => {
    const told = await migrate({ dryRun: true });
    expect(told.map(({ statement }) => statement).join('\n')).toContain('CREATE TABLE log (');
    expect(await tables()).toEqual([]);
    expect(await migrate()).toEqual(told);
  });

  it('tells of a database that is not there, and makes it', async () => {
    await dropMysqlDatabase({ url: database.url, clock });
    const told = await migrate({ dryRun: true });
    expect(told[0]?.statement).toMatch(/^CREATE DATABASE /);
    await expect(open()).rejects.toThrow('Unknown database');
    expect(await migrate()).toEqual(told);
    await (await open()).close();
  });

  it('is refused while another one runs', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await session.read([`SELECT GET_LOCK('${lockOf(name)}', 0)`]);
    await expect(migrate()).rejects.toThrow('another migration of this database runs: wait until it is done.');
    expect(await tables()).toEqual([]);
  });

  it('lets the next one begin as soon as it is done', async () => {
    const name = lockOf(new URL(database.url).pathname.slice(1));
    for (let round = 0; round < 20; round += 1) {
      await migrate();
      expect(await session.read([`SELECT IS_FREE_LOCK('${name}') AS isFree`])).toEqual([[{ isFree: 1 }]]);
    }
  });

  it('is what a start waits for, to the last statement', async () => {
    const opened = () =>
      openMysqlLog({
        url: database.url,
        service: testIdentity.service,
        partitions: testIdentity.partitions,
        table: testTable,
        migrations: pathToFileURL(`${directory}/`),
        clock,
      });
    await expect(opened()).rejects.toThrow(LogNotReadyError);
    await migrate();
    await (await opened()).close();

    await write('0002_index.sql', 'CREATE INDEX a ON migration (done);\n--> statement-breakpoint\nCREATE NONSENSE');
    await expect(opened()).rejects.toThrow('the database lacks service/0002_index.sql: run npm run migrate.');
    await expect(migrate()).rejects.toThrow('service/0002_index.sql failed: ');
    await expect(opened()).rejects.toThrow(LogNotReadyError);
    await rm(join(directory, '0002_index.sql'));
    // Past what this build needs.
    await (await opened()).close();

    await session.write(["DELETE FROM meta WHERE name = 'logId'"]);
    await expect(opened()).rejects.toThrow('the database has half a log');
  });

  it('adds what is new, also what was written with an older number', async () => {
    await write('0005_later.sql', 'CREATE TABLE later (id INT)');
    await migrate();
    await write('0003_earlier.sql', 'CREATE TABLE earlier (id INT)');
    expect(await migrate()).toEqual([
      { migration: 'service/0003_earlier.sql', statement: 'CREATE TABLE earlier (id INT)' },
    ]);
  });

  it('goes on behind the statement at which it was cut short', async () => {
    const broken = 'CREATE TABLE one (id INT);\n--> statement-breakpoint\nCREATE TABLE two (id NONSENSE);';
    await write('0002_two.sql', broken);
    await expect(migrate()).rejects.toThrow('service/0002_two.sql failed: ');
    expect(await tables()).toContain('one');
    // What was not applied may still be mended.
    await write('0002_two.sql', broken.replace('NONSENSE', 'INT'));
    expect(await migrate()).toMatchObject([{ statement: 'CREATE TABLE two (id INT)' }, {}, {}]);
    await (await open()).close();
  });

  it('refuses one that was edited after it was applied', async () => {
    await migrate();
    await write('0001_orders.sql', `${readModelDdl(testTable)}\n-- a word more`);
    await expect(migrate()).rejects.toThrow(
      'service/0001_orders.sql was edited after it was applied: put it back, and write a new migration.',
    );
  });

  it('and a start refuse another number of partitions, and another service', async () => {
    await migrate();
    await expect(migrate({ identity: { ...testIdentity, partitions: 8 } })).rejects.toThrow(
      'the log was made with 4 partitions, not 8: the number is fixed at install.',
    );
    await expect(open({ partitions: 8 })).rejects.toThrow('the database has partitions 4, this build needs 8');
    await expect(open({ service: 'payment' })).rejects.toThrow('the log of service order, this build needs payment');
  });

  it('is refused in the database of another service', async () => {
    await migrate();
    const before = await tables();
    await write('0002_payments.sql', 'CREATE TABLE payments (id INT)');
    await expect(migrate({ identity: { ...testIdentity, service: 'payment' } })).rejects.toThrow(
      'the database has the log of order: give payment one of its own.',
    );
    expect(await tables()).toEqual(before);
  });

  it('leaves a database alone that a later build has migrated', async () => {
    await write('0002_later.sql', 'CREATE TABLE later (id INT)');
    await migrate();
    await rm(join(directory, '0002_later.sql'));
    expect(await migrate()).toEqual([]);
    await (await open()).close();
  });

  it('that is stopped ends behind a whole statement, and goes on from there', async () => {
    const stop = new AbortController();
    stop.abort(new Error('stopped by SIGTERM'));
    await expect(migrate({ signal: stop.signal })).rejects.toThrow('stopped by SIGTERM');
    expect(await tables()).toEqual([]);
    await migrate();
    await (await open()).close();
  });

  it('refuses an address that is none', async () => {
    await expect(migrate({ url: 'localhost:3306' })).rejects.toThrow(
      'is not like mysql://user:password@host:3306/database',
    );
  });
});
