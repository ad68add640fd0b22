import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type ServiceName, services } from '@checkout/contracts';
import { patience } from '@checkout/kernel/testing';
import { freePort } from '@checkout/runtime';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const rootUrl = process.env['MYSQL_ROOT_URL'];
const run = `entries_${process.pid}`;
const user = { name: `${run}_ddl`, password: 'the secret of the one who migrates' };
const nameOf = (service: ServiceName) => `${run}_${service}`;
const bareUrl = (service: ServiceName) =>
  Object.assign(new URL(rootUrl ?? 'mysql://db'), { username: '', password: '', pathname: `/${nameOf(service)}` }).href;

type Started = {
  readonly child: ChildProcess;
  readonly said: { out: string; err: string };
  readonly code: Promise<number>;
};

function start(service: ServiceName, args: readonly string[], environment: Readonly<Record<string, string>>): Started {
  const entry = fileURLToPath(new URL(`../../${service}/src/migrate.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, ...args], {
    env: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], LOG_PARTITIONS: '4', ...environment },
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  return { child, said, code: once(child, 'close').then(([code]) => Number(code)) };
}

async function outcomeOf({ said, code }: Started) {
  return { code: await code, ...said };
}

describe('the migration of a service', { timeout: 240_000 }, () => {
  it('explains itself, and refuses what it does not know', async () => {
    expect(await outcomeOf(start('order', ['--help'], {}))).toMatchObject({
      code: 0,
      out: expect.stringContaining('node services/order/src/migrate.ts --dry-run'),
    });
    expect(await outcomeOf(start('order', ['--force'], {}))).toMatchObject({
      code: 2,
      err: `order-migrate: Unknown option '--force', see --help\n`,
    });
  });

  it('says in one line what it lacks, all at once', async () => {
    const { code, err } = await outcomeOf(start('payment', [], { LOG_PARTITIONS: '0' }));
    expect(code).toBe(1);
    expect(err).toMatch(/^payment-migrate: bad configuration: .*MYSQL_URL is not set.*\n$/);
    expect(err).toContain('LOG_PARTITIONS is "0"');
  });

  it('waits for a server that is not there, until it is stopped', async () => {
    const url = `mysql://me:secret@127.0.0.1:${await freePort('127.0.0.1')}/order`;
    const started = start('order', [], { MYSQL_URL: url });
    const waiting = /^order-migrate: waiting, as it will pass: MySQL does not let us in: .*ECONNREFUSED/;
    await vi.waitFor(() => expect(started.said.err).toMatch(waiting), patience);
    started.child.kill('SIGINT');

    const { code, err, out } = await outcomeOf(started);
    expect([code, out]).toEqual([130, '']);
    expect(err).toMatch(/\norder-migrate: stopped by SIGINT\n$/);
    expect(err).not.toContain('secret');
  });

  it('waits no longer than its login takes for a server that hangs', async () => {
    const hanging = createServer().listen(0, '127.0.0.1');
    await once(hanging, 'listening');
    const { port } = hanging.address() as { readonly port: number };
    const started = start('order', [], { MYSQL_URL: `mysql://127.0.0.1:${port}/order` });
    await vi.waitFor(() => expect(started.said.err).toMatch(/waiting, as it will pass/), patience);
    started.child.kill('SIGTERM');
    expect(await started.code).toBe(143);
    hanging.close();
  });
});

describe.skipIf(rootUrl === undefined)('the migration of a service on MySQL', { timeout: 300_000 }, () => {
  let directory: string;
  let login: Readonly<Record<string, string>>;
  const query = async (sql: string, service?: ServiceName) => {
    const connection = await createConnection({ uri: rootUrl ?? '', ...(service && { database: nameOf(service) }) });
    try {
      return (await connection.query<RowDataPacket[]>(sql))[0];
    } finally {
      await connection.end();
    }
  };
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'migrator-'));
    const files = { MYSQL_USERNAME_FILE: join(directory, 'user'), MYSQL_PASSWORD_FILE: join(directory, 'password') };
    writeFileSync(files.MYSQL_USERNAME_FILE, user.name);
    writeFileSync(files.MYSQL_PASSWORD_FILE, `${user.password}\n`);
    login = files;
    await query(`CREATE USER '${user.name}'@'%' IDENTIFIED BY '${user.password}'`);
    for (const service of services) {
      await query(`CREATE DATABASE ${nameOf(service)}`);
      await query(`GRANT ALL ON \`${nameOf(service).replaceAll('_', String.raw`\_`)}\`.* TO '${user.name}'@'%'`);
    }
  });
  afterAll(async () => {
    for (const service of services) await query(`DROP DATABASE IF EXISTS ${nameOf(service)}`);
    await query(`DROP USER '${user.name}'@'%'`);
    rmSync(directory, { recursive: true });
  });
  const migrate = (service: ServiceName, args: readonly string[] = []) =>
    outcomeOf(start(service, args, { MYSQL_URL: bareUrl(service), ...login }));

  it.each(services)('of %s makes what is missing, and then nothing', async (service) => {
    const dry = await migrate(service, ['--dry-run']);
    expect(dry).toMatchObject({ code: 0, err: '', out: expect.stringContaining('CREATE TABLE log (') });
    expect(await query('SHOW TABLES', service)).toEqual([]);

    const name = nameOf(service);
    expect(await migrate(service)).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(`^${name}: \\d+ statements`),
    });
    expect(await query(`SELECT value FROM meta WHERE name = 'service'`, service)).toEqual([{ value: service }]);
    expect(await migrate(service)).toEqual({ code: 0, err: '', out: `${name}: nothing to do\n` });
  });

  it('leaves a database alone that a later build has migrated', async () => {
    await migrate('payment');
    await query(`INSERT INTO migration VALUES ('service/0099_later.sql', REPEAT('0', 64), 1)`, 'payment');
    expect(await migrate('payment')).toMatchObject({ code: 0, out: `${nameOf('payment')}: nothing to do\n` });
  });

  it('waits for another one of the same database', async () => {
    const held = await createConnection(rootUrl ?? '');
    await held.query(`SELECT GET_LOCK('migration ${nameOf('shipping')}', 0)`);
    const started = start('shipping', [], { MYSQL_URL: bareUrl('shipping'), ...login });
    await vi.waitFor(() => expect(started.said.err).toContain('another migration of this database runs'), patience);
    await held.end();
    expect(await started.code).toBe(0);
  });

  it('fails with one line when there is nothing to wait for', async () => {
    await migrate('order');
    const inOrders = { MYSQL_URL: bareUrl('order'), ...login };
    expect(await outcomeOf(start('antifraud', [], inOrders))).toEqual({
      code: 1,
      out: '',
      err: 'antifraud-migrate: the database has the log of order: give antifraud one of its own.\n',
    });
    const others = await outcomeOf(start('order', [], { ...inOrders, LOG_PARTITIONS: '8' }));
    expect(others.err).toMatch(/^order-migrate: .* partitions, not 8: the number is fixed at install\.\n$/);
  });
});
