import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { isReady } from '@checkout/processes';
import { vi } from 'vitest';
import { type Client, createClient } from './client.ts';
import { reachCluster } from './cluster-platform.ts';
import type { Home } from './home.ts';
import { prepareLocalHome } from './home-local.ts';
import { prepareServersHome } from './home-servers.ts';
import { onServers, where } from './where.ts';

if (onServers) vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** Short intervals, so that what takes minutes in a shop takes moments in a test. Nothing else is different. */
export const quick: Readonly<Record<string, string>> = {
  LOG_LEVEL: 'error',
  PROVIDER_TIMEOUT_MS: '500',
  UNKNOWN_DEADLINE_MS: '6000',
  RETRY_BASE_MS: '50',
  UNDO_TRIES: '3',
  SANDBOX_DELIVERY_MS: '50',
};

export type Platform = Pick<Home, 'webhookSecrets' | 'openLog' | 'execute'> & {
  readonly client: Client;
  /** Ends all of it at once, as a power cut would, and waits until it is gone. */
  kill: () => Promise<void>;
  /** Starts it again on the same data. */
  restart: () => Promise<void>;
  stop: () => Promise<void>;
};

/** The whole platform on its own, on free ports and without data; or the one on the cluster, which has its own settings. */
export async function startPlatform(settings: Readonly<Record<string, string>> = {}): Promise<Platform> {
  if (where === 'cluster') return reachCluster();
  const home = where === 'local' ? await prepareLocalHome() : await prepareServersHome(where);
  const client = createClient(home.addresses);
  let child = await start(home, client, settings);

  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    signalGroup(child, signal);
    await gone;
  };
  return {
    ...home,
    client,
    async kill() {
      await end('SIGKILL');
      await client.until(
        'the ports to be free',
        () => areReady(client),
        (ready) => !ready,
      );
    },
    async restart() {
      child = await start(home, client, settings);
    },
    async stop() {
      await end('SIGTERM');
      await home.remove();
    },
  };
}

/** Of what the platform said last, characters. */
const maxComplaint = 4_000;

/** How long a start may take. */
export const platformStartMs = onServers ? 150_000 : 60_000;

async function start(home: Home, client: Client, settings: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...home.command], {
    env: { ...process.env, ...quick, ...home.environment, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, which is killed as one: no process is left when the first is gone.
    detached: true,
  });
  let complaint = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      complaint = `${complaint}${chunk.toString()}`.slice(-maxComplaint);
    });
  }
  const deadline = Date.now() + platformStartMs * 0.8;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the platform did not start: ${complaint}`);
    if (await areReady(client)) return child;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  const answers = await Promise.all(client.addresses.all.map(readinessAt));
  signalGroup(child, 'SIGKILL');
  throw new Error(`the platform was not ready in time: ${complaint}\n${answers.join('\n')}`);
}

async function readinessAt(url: string): Promise<string> {
  const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(
    async (response) => `${response.status} ${await response.text()}`,
    String,
  );
  return `${url}: ${answer}`;
}

function signalGroup({ pid }: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): void {
  if (pid !== undefined) process.kill(-pid, signal);
}

async function areReady({ addresses }: Client): Promise<boolean> {
  return (await Promise.all(addresses.all.map(isReady))).every(Boolean);
}
