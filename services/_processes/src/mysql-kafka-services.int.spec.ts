import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { createSystemClock, freePorts } from '@checkout/runtime';
import { createSilentLogger } from '@checkout/runtime/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { dropDatabases } from './drop-databases.ts';
import { processNames } from './plan.ts';
import { dropBus } from './prepare-bus.ts';
import { loadServers } from './settings.ts';

const { MYSQL_URL, KAFKA_BROKERS } = process.env;
const DEADLINE = { timeout: 90_000, interval: 50 };
const main = fileURLToPath(new URL('main.ts', import.meta.url));

type Program = {
  readonly child: ChildProcess;
  readonly seen: { said: string };
  /** Resolves with its exit code. */
  readonly ended: Promise<number | null>;
  remove(): Promise<void>;
};

const started: Program[] = [];

afterEach(async () => {
  for (const program of started.splice(0)) await program.remove();
});

/** `npm run services` on databases and topics of its own. */
async function startServices(settings: NodeJS.ProcessEnv = {}): Promise<Program> {
  const dataDir = mkdtempSync(join(tmpdir(), 'checkout-services-'));
  const run = `services_${process.pid}`;
  const port = await freePorts(processNames.length);
  const environment = {
    ...process.env,
    BUS: 'kafka',
    BUS_PREFIX: `${run}.`,
    MYSQL_DATABASE_PREFIX: `${run}_`,
    LOG_LEVEL: 'warn',
    LOG_PARTITIONS: '1',
    DATA_DIR: dataDir,
    PORT: String(port),
    ...settings,
  };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const seen = { said: '' };
  child.stdout.on('data', (chunk: Buffer) => (seen.said += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const program: Program = {
    child,
    seen,
    ended,
    async remove() {
      if (child.exitCode === null && child.kill('SIGTERM')) await ended;
      const { mysqlUrl: serverUrl, databasePrefix: prefix, connection } = loadServers(environment);
      await dropDatabases({ serverUrl, prefix, clock: createSystemClock() });
      await dropBus(connection(), { logger: createSilentLogger() });
      rmSync(dataDir, { recursive: true });
    },
  };
  started.push(program);
  return program;
}

async function startAll(): Promise<Program> {
  const program = await startServices();
  await vi.waitFor(() => expect(program.seen.said).toContain('All services are ready'), DEADLINE);
  return program;
}

describe.skipIf(!MYSQL_URL || !KAFKA_BROKERS)('npm run services on MySQL and Kafka', { timeout: 240_000 }, () => {
  test('ends with all services when one of them cannot start', async () => {
    const { seen, ended } = await startServices({ REVIEW_TOTAL_MINOR: 'many' });

    expect(await ended).toBe(1);
    expect(seen.said).toContain('antifraud has ended (exit code 1): stopping the others ...');
    expect(seen.said).toMatch(/antifraud +\| .*REVIEW_TOTAL_MINOR/);
  });

  test('stops on Ctrl-C with exit 0 and nothing else to say', async () => {
    const { child, seen, ended } = await startAll();
    const saidBefore = seen.said.length;
    child.kill('SIGINT');

    expect(await ended).toBe(0);
    expect(seen.said.slice(saidBefore)).toBe('stopping ...\n');
  });

  test('says with exit 1 which service did not stop when it was told to', async () => {
    const { child, seen, ended } = await startAll();
    const pid = Number(execFileSync('pgrep', ['-P', String(child.pid), '-f', 'sandbox/src/main']).toString());
    process.kill(pid, 'SIGSTOP');
    child.kill('SIGINT');
    await vi.waitFor(() => expect(seen.said).toContain('stopping ...'), DEADLINE);
    process.kill(pid, 'SIGKILL');

    expect(await ended).toBe(1);
    expect(seen.said).toContain('sandbox has ended (SIGKILL)');
  });
});
