import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { freePort, localUrl } from '@checkout/runtime';

/** A platform that this process started for itself, and takes away again. */
export type OwnPlatform = { readonly url: string; stop(): Promise<void> };

const mainFile = join(import.meta.dirname, '..', 'main.ts');
const startMs = 30_000;
/** Longer than its own shutdown may take. */
const stopMs = 10_000;
const readyMark = 'runs at';

/**
 * Starts a platform on a free port with a data directory of its own.
 *
 * @param signal ends the start
 * @throws Error with the platform's own line when it does not start
 */
export async function startOwnPlatform(signal: AbortSignal): Promise<OwnPlatform> {
  const dataDir = mkdtempSync(join(tmpdir(), 'checkout-demo-'));
  const port = await freePort();
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', mainFile, '--port', String(port), '--data-dir', dataDir],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, HOST: '127.0.0.1', LOG_LEVEL: 'error' } },
  );
  const stop = async () => {
    await end(child);
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await untilReady(child, signal);
    return { url: localUrl('127.0.0.1', port), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function untilReady(child: ChildProcess, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (reason: string) => reject(new Error(`the platform did not start: ${said.trim() || reason}`));
    const timer = setTimeout(() => fail(`not ready after ${startMs / 1000} s`), startMs);
    signal.addEventListener('abort', () => fail('stopped'), { once: true });
    child.once('error', (error) => fail(error.message));
    child.once('exit', () => {
      clearTimeout(timer);
      fail('it ended');
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (!text.includes(readyMark)) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await exited;
  clearTimeout(timer);
}
