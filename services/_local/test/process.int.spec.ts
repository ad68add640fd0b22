import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { patience } from '@checkout/kernel/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { freePort } from '@checkout/runtime';

const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts');
const DEMO = join(import.meta.dirname, '..', 'src', 'demo.ts');

/** All that a process has of this one's environment. */
const { PATH, NODE_COMPILE_CACHE } = process.env;

let folder: string;
let dataDir: string;
let port: number;
let children: ChildProcess[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'local process '));
  dataDir = join(folder, 'data');
  port = await freePort();
  children = [];
});

afterEach(async () => {
  for (const child of children) await kill(child);
  rmSync(folder, { recursive: true, force: true });
});

async function kill(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'close');
}

function run(file: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...args], {
    env: { PATH, NODE_COMPILE_CACHE, PORT: String(port), DATA_DIR: dataDir, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const seen = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (seen.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (seen.stderr += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...seen }));
  return { child, seen, ended };
}

async function start(args: readonly string[] = [], environment: Readonly<Record<string, string>> = {}) {
  const started = run(MAIN, args, environment);
  await vi.waitFor(() => expect(started.seen.stdout).toContain('npm run demo'), patience);
  return started;
}

const placedOrders = async () => {
  const response = await fetch(`http://127.0.0.1:${port}/v1/orders?limit=100`);
  return ((await response.json()) as { readonly items: readonly unknown[] }).items;
};

describe('npm start', () => {
  test('says what runs, and stops on SIGTERM with exit 0 and nothing else to say', async () => {
    const { child, ended } = await start();
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await ended;

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`runs at http://127.0.0.1:${port} as process ${child.pid}`);
    expect(stdout).toContain(dataDir);
  });

  test('stops on Ctrl-C while orders come in, with nothing to say', async () => {
    const { child, ended } = await start([], { SHUTDOWN_MS: '60000' });
    const demo = run(DEMO, ['--orders', '5000', '--url', `http://127.0.0.1:${port}`]);
    await vi.waitFor(async () => expect(await placedOrders()).toHaveLength(100), patience);
    child.kill('SIGINT');
    const { code, stderr } = await ended;

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await vi.waitFor(
      () => expect(demo.seen.stderr).toContain('does not answer, waiting for it to come back'),
      patience,
    );
    demo.child.kill('SIGINT');
    expect((await demo.ended).code).toBe(130);
  });

  test.each([
    [['--help'], 0, /npm start -- --port <number>/],
    [['--prot', '1'], 2, /^Unknown option '--prot', see: npm start -- --help\n$/],
  ])('understands its arguments: %j', async (args, expected, text) => {
    const { code, stdout, stderr } = await run(MAIN, args).ended;

    expect(code).toBe(expected);
    expect(stdout + stderr).toMatch(text);
  });
});

describe('a data directory', () => {
  test('in use is refused in one line that names the process, with and without --reset', async () => {
    const { child } = await start();
    for (const args of [[], ['--reset']]) {
      const { code, stderr } = await run(MAIN, args, { PORT: String(await freePort()) }).ended;

      expect(code).toBe(1);
      expect(stderr).toBe(
        `checkout: ${dataDir} is in use by process ${child.pid}: stop it first, or set DATA_DIR to another directory.\n`,
      );
    }
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
  });

  test('whose process was killed is taken over at once', async () => {
    const { child } = await start();
    await kill(child);

    await start();
  });

  test('with a corrupt database is refused in one line', async () => {
    const { child, ended } = await start();
    child.kill('SIGTERM');
    await ended;
    writeFileSync(join(dataDir, 'payment.db'), 'garbage'.repeat(1_000));
    const { code, stdout, stderr } = await run(MAIN, []).ended;

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^checkout: .*payment\.db is not a healthy database: .*--reset.*\n$/);
    await start(['--reset']);
  });

  test('that cannot be written is refused in one line', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const { code, stderr } = await run(MAIN, ['--data-dir', join(file, 'data')]).ended;

    expect(code).toBe(1);
    expect(stderr).toMatch(/^checkout: .* cannot be written \(ENOTDIR\): .*\n$/);
  });

  test('of somebody else is not reset', async () => {
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'order.db'), 'theirs');
    const { code, stderr } = await run(MAIN, ['--reset']).ended;

    expect(code).toBe(1);
    expect(stderr).toBe(`checkout: ${dataDir} was not made by this platform: --reset removes nothing there.\n`);
  });
});

describe('what else keeps it from starting is one line', () => {
  test('a taken port, with the command that helps', async () => {
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const { code, stdout, stderr } = await run(MAIN, []).ended;
    other.close();

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(`checkout: port ${port} on 127.0.0.1 is taken, try: PORT=${port + 1} npm start\n`);
  });

  test('every fault of its configuration', async () => {
    const { code, stderr } = await run(MAIN, [], { BUS: 'kafka', AUTH: 'basic' }).ended;

    expect(code).toBe(1);
    expect(stderr).toMatch(/^checkout: bad configuration: AUTH is "basic", .*; BUS is "kafka", .*\n$/);
  });
});

describe('npm run demo', () => {
  test('starts a platform when none answers, checks the money, and takes the platform away again', async () => {
    const demo = run(DEMO, ['--orders', '40', '--json'], { SANDBOX_DELIVERY_MS: '20' });
    const { code, stdout, stderr } = await demo.ended;
    const [, url = ''] = stderr.match(/placing 40 orders at (\S+),/) ?? [];

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ acknowledged: 40, money: 'OK', violations: [] });
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  test('shows a platform that asks who calls a test token of its sandbox', async () => {
    const { code, stdout, stderr } = await run(DEMO, ['--orders', '10', '--json'], {
      AUTH: 'jwt',
      SANDBOX_DELIVERY_MS: '20',
    }).ended;

    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(JSON.parse(stdout)).toMatchObject({ acknowledged: 10, money: 'OK', violations: [] });
  });

  test('lives through a platform that is killed and started again', async () => {
    const first = await start();
    const demo = run(DEMO, ['--orders', '400', '--url', `http://127.0.0.1:${port}`, '--json']);
    await vi.waitFor(() => expect(demo.seen.stderr).toContain('placing 400 orders'), patience);
    await vi.waitFor(async () => expect(await placedOrders()).toHaveLength(100), patience);
    await kill(first.child);
    await start();
    const { code, stdout } = await demo.ended;

    expect(JSON.parse(stdout)).toMatchObject({ acknowledged: 400, money: 'OK', violations: [] });
    expect(code).toBe(0);
  });

  test('says that nothing answers at the address that it was given', async () => {
    const { code, stderr } = await run(DEMO, ['--url', `http://127.0.0.1:${port}`]).ended;

    expect(code).toBe(1);
    expect(stderr).toContain(`no platform answers at http://127.0.0.1:${port}: start it with npm start`);
  });
});
