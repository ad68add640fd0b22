import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { environmentOf, type ProcessName, type ProcessPlan } from './plan.ts';

/** Of one process, with the signal that ended it or its exit code in words. */
type ProcessEnd = { readonly name: ProcessName; readonly how: string };

export type RunningProcesses = {
  /** Resolves with the first that ends by itself. Nothing is restarted: a crash is to be seen. */
  readonly firstEnd: Promise<ProcessEnd>;
  /** Tells all to stop, waits for them, and kills what has not stopped by then. Resolves with those that ended in another way. */
  stop(): Promise<readonly ProcessEnd[]>;
};

export type RunningProcess = {
  /** `undefined` when it has ended. */
  pid(): number | undefined;
  /** Resolves with the signal that ended it, or its exit code in words. */
  readonly ended: Promise<string>;
  /** Tells it to stop, waits for it, and kills it when it has not stopped by then. */
  stop(): Promise<void>;
};

type ProcessOptions = {
  /** Of every process, under what its plan says. */
  readonly environment: NodeJS.ProcessEnv;
  /** Told each line that a process says, behind its name. */
  readonly write: (line: string) => void;
};

/** The program of a process. */
export const processEntry = (name: ProcessName) => fileURLToPath(new URL(`../../${name}/src/main.ts`, import.meta.url));
const endWithParent = new URL('end-with-parent.ts', import.meta.url).href;
const nameWidth = 13;
const readyMs = 2_000;
/** Longer than a service gives itself. */
export const stopMs = 25_000;
/** How a process ends that was told to: a signal when it was told before it listened, and so had nothing to release. */
const askedEnds: readonly string[] = ['exit code 0', 'SIGTERM', 'SIGINT', 'SIGHUP'];

/** Starts the processes, which end with the terminal that they are started from: its signals reach them all at once. */
export function runProcesses(plans: readonly ProcessPlan[], options: ProcessOptions): RunningProcesses {
  let isStopping = false;
  const { promise: firstEnd, resolve } = Promise.withResolvers<ProcessEnd>();
  const unasked: ProcessEnd[] = [];
  const running = plans.map((plan) => {
    const one = startProcess(plan, options);
    const noted = one.ended.then((how) => {
      const end = { name: plan.name, how };
      if (!isStopping || !askedEnds.includes(how)) unasked.push(end);
      if (!isStopping) resolve(end);
    });
    return { one, noted };
  });
  return {
    firstEnd,
    async stop() {
      isStopping = true;
      await Promise.all(running.map(({ one }) => one.stop()));
      await Promise.all(running.map(({ noted }) => noted));
      return unasked;
    },
  };
}

/** Whether what runs at this address takes requests. */
export async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(readyMs) })).ok;
  } catch {
    return false;
  }
}

/** Starts a service's own program. It answers when it `isReady`. */
export function startProcess(plan: ProcessPlan, { environment, write }: ProcessOptions): RunningProcess {
  const { name } = plan;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', `--import=${endWithParent}`, processEntry(name)],
    { env: environmentOf(plan, environment), stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null)
      createInterface({ input: stream }).on('line', (line) => write(`${name.padEnd(nameWidth)}| ${line}`));
  }
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  return {
    pid: () => (hasEnded(child) ? undefined : child.pid),
    ended,
    stop: () => stopChild(child),
  };
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await gone;
  clearTimeout(timer);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
