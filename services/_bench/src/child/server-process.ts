import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@checkout/runtime';
import { type BenchContext, BenchError, StoppedError } from '../bench-context.ts';

/** What a process has used since its start: all threads, user and system time. */
export type Usage = {
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** Where several processes are one server: what each of them has used, by its name. */
  readonly byProcess?: Readonly<Record<string, Usage>>;
};

/** A server under test, in a process of its own. */
export type ServerProcess = {
  readonly url: string;
  readonly dataDir: string;
  usage(): Promise<Usage>;
  /** Ends it as an operator would, and by force when that takes too long. Idempotent. */
  stop(): Promise<void>;
  /** Ends it without a warning, as a crash does. */
  kill(): Promise<void>;
};

export type ServerOptions = {
  /** The program, an absolute path. It takes `PORT` and `DATA_DIR` and answers `/readyz`. */
  readonly entry: string;
  readonly dataDir: string;
  /** A free one, unless somebody has to know it beforehand. */
  readonly port?: number;
  readonly environment?: Readonly<Record<string, string>>;
};

const host = '127.0.0.1';
const usageModule = import.meta.resolve('./report-usage.ts');
const startMs = 60_000;
const readyPollMs = 25;
/** Longer than the server's own shutdown may take. */
const stopMs = 10_000;

/** @throws BenchError with the server's own words when it does not start; StoppedError */
export async function startServer(context: BenchContext, options: ServerOptions): Promise<ServerProcess> {
  const { workspace, signal, profileDir } = context;
  if (signal.aborted) throw new StoppedError();
  const { entry, dataDir, environment = {} } = options;
  const port = options.port ?? (await freePort());
  const profile = profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`];
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...profile, '--import', usageModule, entry],
    {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, HOST: host, PORT: String(port), DATA_DIR: dataDir, LOG_LEVEL: 'warn', ...environment },
    },
  );
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const release = workspace.onAbruptEnd(() => child.kill('SIGKILL'));
  const stop = async () => {
    await end(child);
    release();
  };
  const url = `http://${host}:${port}`;
  try {
    await untilReady(`${url}/readyz`, child, signal);
  } catch (error) {
    await stop();
    throw said.trim() === '' ? error : new BenchError(`the server did not start: ${said.trim()}`);
  }
  const kill = async () => {
    if (hasEnded(child)) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    release();
  };
  return { url, dataDir, usage: () => askUsage(child), stop, kill };
}

async function untilReady(url: string, child: ChildProcess, signal: AbortSignal): Promise<void> {
  const untilMs = performance.now() + startMs;
  while (performance.now() < untilMs) {
    if (signal.aborted) throw new StoppedError();
    if (hasEnded(child)) throw new BenchError(`the server ended with ${child.exitCode ?? child.signalCode}`);
    const status = await fetch(url).then(
      (response) => response.status,
      () => undefined,
    );
    if (status === 200) return;
    await sleep(readyPollMs);
  }
  throw new BenchError(`the server was not ready after ${startMs / 1_000} s`);
}

async function askUsage(child: ChildProcess): Promise<Usage> {
  if (!child.connected) throw new BenchError('the server ended while it was measured');
  const asked = new AbortController();
  const { signal } = asked;
  try {
    const answered = once(child, 'message', { signal });
    const ended = once(child, 'exit', { signal }).then(() => {
      throw new BenchError('the server ended while it was measured');
    });
    child.send('usage');
    const [usage] = (await Promise.race([answered, ended])) as [Usage];
    return usage;
  } finally {
    asked.abort();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await exited;
  clearTimeout(timer);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
