import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ProcessName, ProcessPlan } from './plan.ts';

export type RunningProcesses = {
  /** Resolves with the first that ends by itself, and how. Nothing is restarted: a crash is to be seen. */
  readonly firstEnd: Promise<{ readonly name: ProcessName; readonly how: string }>;
  /** Tells all to stop, waits for them, and kills what has not stopped by then. */
  stop(): Promise<void>;
};

const mainOf = (name: ProcessName) => fileURLToPath(new URL(`../../${name}/src/main.ts`, import.meta.url));
const nameWidth = 13;
/** Longer than a service gives itself. */
const stopMs = 25_000;

/** Starts the processes, each line of theirs behind their name. */
export function runProcesses(
  plans: readonly ProcessPlan[],
  { environment, write }: { readonly environment: NodeJS.ProcessEnv; readonly write: (line: string) => void },
): RunningProcesses {
  let isStopping = false;
  const { promise: firstEnd, resolve } = Promise.withResolvers<{ readonly name: ProcessName; readonly how: string }>();
  const children = plans.map(({ name, environment: own }): ChildProcess => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', mainOf(name)], {
      env: { ...environment, ...own },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Signals of the terminal come to this process alone, which stops the others in good order.
      detached: true,
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => write(`${name.padEnd(nameWidth)}| ${line}`));
    }
    child.once('exit', (code, signal) => {
      if (!isStopping) resolve({ name, how: signal ?? `exit code ${code}` });
    });
    return child;
  });
  return {
    firstEnd,
    async stop() {
      isStopping = true;
      await Promise.all(children.map(stopOne));
    },
  };
}

async function stopOne(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await gone;
  clearTimeout(timer);
}
