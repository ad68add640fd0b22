import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createSystemClock, createSystemIds, freePort } from '@checkout/runtime';
import { createConnection } from 'mysql2/promise';
import { patience } from '@checkout/kernel/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { databaseUrl, migrateDatabase } from './prepare-databases.ts';
import { processEntry } from './run-processes.ts';

const serverUrl = process.env['MYSQL_ROOT_URL'];
const databases = {
  serverUrl: serverUrl ?? '',
  prefix: `start_${process.pid}_`,
  partitions: 4,
  clock: createSystemClock(),
  ids: createSystemIds(),
};

type Readyz = {
  readonly ready: boolean;
  readonly services: readonly {
    readonly service: string;
    readonly checks: readonly Readonly<Record<string, unknown>>[];
  }[];
};

async function query(sql: string): Promise<void> {
  const connection = await createConnection(serverUrl ?? '');
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}

describe.skipIf(serverUrl === undefined)('the start of a service', { timeout: 240_000 }, () => {
  const started: ChildProcess[] = [];
  afterEach(async () => {
    for (const child of started.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
    await query(`DROP DATABASE IF EXISTS ${databases.prefix}order`);
  });

  /** The order service on a database that is not there, and a broker that is nowhere. */
  async function start(environment: Readonly<Record<string, string>> = {}) {
    const [opsPort, nowhere] = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', processEntry('order')], {
      env: {
        AUTH: 'off',
        STORE: 'mysql',
        MYSQL_URL: databaseUrl(databases, 'order'),
        BUS: 'kafka',
        KAFKA_BROKERS: `127.0.0.1:${nowhere}`,
        LOG_PARTITIONS: '4',
        PORT: '0',
        OPS_PORT: String(opsPort),
        ...environment,
      },
    });
    started.push(child);
    const said = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
    const code = once(child, 'close').then(([exitCode]) => exitCode as number | null);
    const statusOf = async (path: string) => (await fetch(`http://127.0.0.1:${opsPort}${path}`)).status;
    const checks = async () => {
      const response = await fetch(`http://127.0.0.1:${opsPort}/readyz`);
      const { services } = (await response.json()) as Readyz;
      return { status: response.status, checks: services.flatMap((each) => each.checks) };
    };
    const untilItWaitsFor = (name: string) =>
      vi.waitFor(async () => {
        const { status, checks: found } = await checks();
        expect([status, found.map((check) => check['name'])]).toEqual([503, [name]]);
        return found[0]?.['detail'];
      }, patience);
    return { child, said, code, statusOf, checks, untilItWaitsFor };
  }

  it('says that it lives, waits for the database, then for its schema, and is ready without a broker', async () => {
    const service = await start();
    expect(await service.untilItWaitsFor('log')).toMatch(/Unknown database/);
    expect(await service.statusOf('/healthz')).toBe(200);

    await query(`CREATE DATABASE ${databases.prefix}order`);
    expect(await service.untilItWaitsFor('schema')).toMatch(/the database has no log yet/);

    await migrateDatabase(databases, 'order', { dryRun: false });
    await vi.waitFor(async () => expect(await service.statusOf('/readyz')).toBe(200), patience);
    await vi.waitFor(async () => {
      const { status, checks } = await service.checks();
      expect(status).toBe(200);
      expect(checks).toContainEqual({ name: 'kafka', ok: false, required: false });
      expect(checks).toContainEqual({ name: 'log', ok: true, required: true });
    }, patience);
    service.child.kill('SIGTERM');
    expect(await service.code).toBe(0);
    expect(service.said.err).toBe('');
  });

  it('that waits too long ends with one line', async () => {
    const { code, said } = await start({ START_WITHIN_MS: '1000' });
    expect(await code).toBe(1);
    expect(said.err).toMatch(
      /^order: not started within 1000 ms \(START_WITHIN_MS\): the database does not answer: Unknown database '\w+'\n$/,
    );
  });

  it('that is told to stop while it waits stops, and has nothing to say', async () => {
    const { child, code, said, untilItWaitsFor } = await start();
    await untilItWaitsFor('log');
    child.kill('SIGTERM');
    expect(await code).toBe(0);
    expect(said.err).toBe('');
  });
});
