import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from './client.ts';

const main = fileURLToPath(new URL('../../_local/src/main.ts', import.meta.url));

/** Short intervals, so that what takes minutes in a shop takes moments in a test. Nothing else is different. */
export const quick: Readonly<Record<string, string>> = {
  LOG_LEVEL: 'error',
  PROVIDER_TIMEOUT_MS: '500',
  UNKNOWN_DEADLINE_MS: '6000',
  RETRY_BASE_MS: '50',
  UNDO_TRIES: '3',
  SANDBOX_DELIVERY_MS: '50',
};

export type Platform = {
  readonly url: string;
  readonly dataDir: string;
  readonly client: Client;
  /** Of the process that runs now; `undefined` when it has ended. */
  pid: () => number | undefined;
  /** Ends the process at once, as a power cut would, and waits until it is gone. */
  kill: () => Promise<void>;
  /** Starts the process again on the same data. */
  restart: (change?: Readonly<Record<string, string>>) => Promise<void>;
  stop: () => Promise<void>;
};

/** The whole platform as a process of its own, on a free port and an empty directory. */
export async function startPlatform(settings: Readonly<Record<string, string>> = {}): Promise<Platform> {
  const dataDir = await mkdtemp(join(tmpdir(), 'checkout-e2e-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child = await start(url, port, dataDir, settings);

  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  return {
    url,
    dataDir,
    client: createClient(url),
    pid: () => (child.exitCode === null && child.signalCode === null ? child.pid : undefined),
    kill: () => end('SIGKILL'),
    async restart(change = {}) {
      child = await start(url, port, dataDir, { ...settings, ...change });
    },
    async stop() {
      await end('SIGTERM');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const startMs = 20_000;

async function start(
  url: string,
  port: number,
  dataDir: string,
  settings: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const options = ['--disable-warning=ExperimentalWarning', main, '--port', String(port), '--data-dir', dataDir];
  const environment = { ...process.env, ...quick, ...settings };
  const child = spawn(process.execPath, options, { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  const deadline = Date.now() + startMs;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the platform did not start: ${complaint}`);
    if (await isReady(url)) return child;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  child.kill('SIGKILL');
  throw new Error(`the platform was not ready within ${startMs} ms: ${complaint}`);
}

export async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
