import { type ChildProcess, fork } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { SeedResult } from '../run/run-seed.ts';
import type { Answer, Task } from './worker-protocol.ts';

export type PoolOptions = {
  readonly workers: number;
  /** Switched off in these workers' production code. */
  readonly mutant?: string | undefined;
  readonly environment?: Readonly<Record<string, string>>;
  readonly execArgv?: readonly string[];
};

export type Broken = { readonly seed: number; readonly error: string };

export type Pool = {
  /**
   * Runs the tasks as they come; `onResult` and `onBroken` hear of each, and may say that it is enough.
   * @throws Error when a worker does not start
   */
  readonly run: (
    tasks: Iterable<Task>,
    hear: {
      readonly onResult: (result: SeedResult) => 'go on' | 'enough';
      readonly onBroken: (broken: Broken) => 'go on' | 'enough';
    },
  ) => Promise<void>;
  readonly close: () => void;
};

const workerFile = fileURLToPath(new URL('./worker.ts', import.meta.url));
const mutateFile = new URL('../mutants/mutate.ts', import.meta.url).href;
/** A run that takes longer than this hangs. */
const maxTaskMs = 120_000;
/** Every app that is made stays in the registries of its schemas, in a world as in a process: so workers end after a while. */
const maxTasksPerWorker = 400;

/** Processes that run one seed each at a time. One that breaks or hangs is replaced. */
export function createPool({ workers, mutant, environment = {}, execArgv = [] }: PoolOptions): Pool {
  const children = new Set<ChildProcess>();
  const start = () => {
    const child = fork(workerFile, [], {
      execArgv: [
        '--disable-warning=ExperimentalWarning',
        ...execArgv,
        ...(mutant === undefined ? [] : ['--import', mutateFile]),
      ],
      env: { ...process.env, ...environment, ...(mutant !== undefined && { SIMULATION_MUTANT: mutant }) },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  };

  return {
    async run(tasks, { onResult, onBroken }) {
      const waiting = tasks[Symbol.iterator]();
      let isEnough = false;
      const next = () => {
        const { value, done } = isEnough ? { value: undefined, done: true } : waiting.next();
        return done === true ? undefined : (value as Task);
      };
      const begin = async () => {
        const child = start();
        const answer = await answerOf(child, undefined);
        if (answer.kind === 'broke') throw new Error(`a worker did not start: ${answer.error}`);
        return child;
      };
      const serve = async () => {
        let child: ChildProcess | undefined;
        let tasksDone = 0;
        for (let task = next(); task !== undefined; task = next()) {
          if (child === undefined) {
            child = await begin();
            tasksDone = 0;
          }
          const answer = await answerOf(child, task);
          tasksDone += 1;
          if (answer.kind === 'result') {
            if (onResult(answer.result) === 'enough') isEnough = true;
          } else if (answer.kind === 'broke' && onBroken(answer) === 'enough') {
            isEnough = true;
          }
          if (answer.kind !== 'result' || tasksDone >= maxTasksPerWorker) {
            child.kill('SIGKILL');
            child = undefined;
          }
        }
        child?.kill('SIGKILL');
      };
      await Promise.all(Array.from({ length: workers }, serve));
    },
    close() {
      for (const child of children) child.kill('SIGKILL');
    },
  };
}

/** The child's next message; `broke` when it ends or says nothing for too long. */
function answerOf(child: ChildProcess, task: Task | undefined): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const seed = task?.seed ?? -1;
  const onExit = (code: number | null) => resolve({ kind: 'broke', seed, error: `the worker ended with ${code}` });
  const timer = setTimeout(() => resolve({ kind: 'broke', seed, error: `no end after ${maxTaskMs} ms` }), maxTaskMs);
  child.once('message', (answer: Answer) => resolve(answer));
  child.once('exit', onExit);
  if (task !== undefined) child.send(task);
  return promise.finally(() => {
    clearTimeout(timer);
    child.off('exit', onExit);
    child.removeAllListeners('message');
  });
}
