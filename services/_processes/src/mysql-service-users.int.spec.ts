import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type ServiceName, services } from '@checkout/contracts';
import { createSystemClock, createSystemIds } from '@checkout/runtime';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dropDatabases } from './drop-databases.ts';
import { databaseUrl, prepareDatabases } from './prepare-databases.ts';
import { type DatabaseUrls, prepareUsers } from './service-users.ts';

const rootUrl = process.env['MYSQL_ROOT_URL'];
const prefix = `users_${process.pid}_`;
const clock = createSystemClock();
const databases = { serverUrl: rootUrl ?? '', prefix, clock };
const passwords = Object.fromEntries(
  services.map((service) => [`MYSQL_PASSWORD_${service.toUpperCase()}`, `the secret of ${service}`]),
);

async function query(url: string, sql: string): Promise<readonly RowDataPacket[]> {
  const connection = await createConnection(url);
  try {
    return (await connection.query<RowDataPacket[]>(sql))[0];
  } finally {
    await connection.end();
  }
}

/** `npm run migrate` with these arguments. */
function migrate(args: readonly string[], environment: Readonly<Record<string, string>>) {
  const main = fileURLToPath(new URL('./migrate.ts', import.meta.url));
  const env = { MYSQL_URL: rootUrl, MYSQL_DATABASE_PREFIX: prefix, LOG_PARTITIONS: '4', ...environment };
  return new Promise<{ readonly code: number; readonly output: string }>((resolve) => {
    execFile(process.execPath, [main, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });
}

describe.skipIf(rootUrl === undefined)('the services’ own MySQL users', () => {
  let urls: DatabaseUrls;
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  beforeAll(async () => {
    await prepareDatabases({ ...databases, partitions: 4, ids: createSystemIds() });
    urls = await prepareUsers(databases, { passwords: { order: 'the secret of order' }, say });
  });
  afterAll(() => dropDatabases(databases));

  const inDatabaseOf = (url: string, service: ServiceName) =>
    Object.assign(new URL(url), { pathname: `/${prefix}${service}` }).href;

  it.each(services)('let %s read its own log, and nobody else’s', async (service) => {
    expect(await query(urls[service], `SELECT value FROM meta WHERE name = 'service'`)).toEqual([{ value: service }]);
    expect(await query(urls[service], 'SELECT CURRENT_USER() AS me')).toEqual([{ me: `${prefix}${service}@%` }]);
    for (const other of services.filter((each) => each !== service)) {
      await expect(query(inDatabaseOf(urls[service], other), 'SELECT 1')).rejects.toThrow(/denied/i);
    }
    await expect(query(urls[service], 'DROP TABLE meta')).rejects.toThrow(/denied/i);
    expect(said).toEqual([]);
  });

  it('are the same at the next run', async () => {
    expect(await prepareUsers(databases, { passwords: { order: 'the secret of order' }, say })).toEqual(urls);
  });

  it('are not made by a user who may not: that is said, and that one is used', async () => {
    const mayNot = { ...databases, serverUrl: urls.order };
    expect(await prepareUsers(mayNot, { passwords: {}, say })).toMatchObject({
      payment: databaseUrl(mayNot, 'payment'),
    });
    expect(said).toEqual([expect.stringMatching(/^every service gets all rights of MYSQL_URL: .* may not make users/)]);
  });

  it('are made by npm run migrate -- --users, with passwords that are named and never told', async () => {
    expect(await migrate(['--users'], {})).toMatchObject({
      code: 1,
      output: expect.stringMatching(/MYSQL_PASSWORD_ORDER is not set.*MYSQL_PASSWORD_SHIPPING is not set/),
    });
    const told = await migrate(['--users', '--dry-run'], passwords);
    expect(told).toMatchObject({ code: 0, output: expect.stringContaining(`'(hidden)' RETAIN CURRENT PASSWORD`) });
    const done = await migrate(['--users'], passwords);
    expect(done).toMatchObject({
      code: 0,
      output: expect.stringContaining(`user ${prefix}payment: 1 statements done`),
    });
    const again = await migrate(['--users', '--service', 'payment'], passwords);
    expect(again).toEqual({
      code: 0,
      output: `${prefix}payment: nothing to do\nuser ${prefix}payment: nothing to do\n`,
    });
    expect(told.output + done.output).not.toContain('the secret of');
    const asPayment = Object.assign(new URL(urls.payment), { password: encodeURIComponent('the secret of payment') });
    expect(await query(asPayment.href, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('are refused with advice when the named user may not make them', async () => {
    const { code, output } = await migrate(['--users', '--service', 'order'], {
      MYSQL_URL: urls.order,
      MYSQL_PASSWORD_ORDER: 'another secret of order',
    });
    expect(output).toMatch(/^migrate: .*order may not make users and hand out rights: name one in MYSQL_URL who may/m);
    expect(code).toBe(1);
  });

  it('are gone when their databases are removed', async () => {
    await dropDatabases(databases);
    await expect(query(new URL('/', urls.order).href, 'SELECT 1')).rejects.toThrow(/denied/i);
  });
});
