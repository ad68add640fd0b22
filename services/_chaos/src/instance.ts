import process from 'node:process';
import type { Clock } from '@checkout/kernel';
import { type ProcessPlan, type RunningProcess, startProcess } from '@checkout/processes';
import type { HttpClient } from '@checkout/runtime';

/** One process of a service, kept alive as Kubernetes keeps a container alive: one that crashes is started again. */
export type Instance = {
  readonly name: ProcessPlan['name'];
  readonly url: string;
  /** `undefined` while it does not run. */
  readonly pid: () => number | undefined;
  /** Whether it takes requests: it says that it is ready, and nobody has taken it out. */
  readonly isInBalance: () => boolean;
  /** What its environment holds from its next start on. */
  configure(change: Readonly<Record<string, string>>): void;
  /** Starts it, this time with more in its environment, and waits until it is ready. */
  start(more?: Readonly<Record<string, string>>): Promise<void>;
  /** Ends it at once, and waits until it is gone. */
  kill(): Promise<void>;
  /** Takes it out of balance, waits for requests under way, and stops it in good order. */
  stop(): Promise<void>;
  /** Stops it where it stands, and lets it go on. */
  freeze(): void;
  thaw(): void;
  signal(name: NodeJS.Signals): void;
  /** How often it ended without being told to. */
  readonly crashes: () => number;
  /** Ends everything about it. */
  close(): Promise<void>;
};

const probeEveryMs = 200;
const probeMs = 1_000;
/** As the failure threshold of a pod's readiness probe. */
const maxUnanswered = 3;
/** All begin at once; on two cores, from a disk that has just got them, with nothing compiled, that takes a minute. */
const readyWithinMs = 180_000;
const restartAfterMs = 1_000;
/** As the sleep of a pod's preStop hook, for the requests that were sent before everybody knew. */
const leaveMs = 1_500;

export function createInstance(
  plan: ProcessPlan,
  deps: {
    readonly environment: NodeJS.ProcessEnv;
    readonly write: (line: string) => void;
    readonly clock: Clock;
    readonly httpClient: HttpClient;
  },
): Instance {
  const { environment, write, clock, httpClient } = deps;
  const { name, url } = plan;
  const closed = new AbortController();
  let running: RunningProcess | undefined;
  const health = { isReady: false };
  let isWanted = false;
  let isOut = false;
  let crashes = 0;
  let changed: Readonly<Record<string, string>> = {};
  let more: Readonly<Record<string, string>> = {};

  const begin = () => {
    const own = startProcess(
      { ...plan, environment: { ...plan.environment, ...changed, ...more } },
      { environment, write },
    );
    running = own;
    void own.ended.then(async (how) => {
      if (running === own) running = undefined;
      health.isReady = false;
      if (!isWanted) return;
      crashes += 1;
      write(`${name} at ${url} has ended by itself (${how}): started again`);
      await clock.sleep(restartAfterMs);
      if (isWanted && running === undefined) begin();
    });
  };
  const probe = async () => {
    let unanswered = 0;
    while (!closed.signal.aborted) {
      const answer = running && (await httpClient.send({ method: 'GET', url: `${url}/readyz`, timeoutMs: probeMs }));
      unanswered = answer?.kind === 'response' ? 0 : unanswered + 1;
      if (answer?.kind === 'response') health.isReady = answer.status === 200;
      else if (unanswered >= maxUnanswered) health.isReady = false;
      await clock.sleep(probeEveryMs, closed.signal);
    }
  };
  const probing = probe();
  const end = async (how: (own: RunningProcess) => Promise<unknown> | undefined) => {
    isWanted = false;
    const own = running;
    if (own === undefined) return;
    await how(own);
    await own.ended;
    health.isReady = false;
  };
  const signal = (kind: NodeJS.Signals) => {
    const pid = running?.pid();
    if (pid !== undefined) process.kill(pid, kind);
  };

  return {
    name,
    url,
    pid: () => running?.pid(),
    isInBalance: () => health.isReady && !isOut,
    configure(change) {
      changed = { ...changed, ...change };
    },
    async start(given = {}) {
      if (closed.signal.aborted) throw new Error(`${name} at ${url} has been closed`);
      more = given;
      isWanted = true;
      if (running === undefined) begin();
      const deadline = clock.monotonic() + readyWithinMs;
      while (!health.isReady) {
        if (closed.signal.aborted || clock.monotonic() > deadline)
          throw new Error(`${name} at ${url} is not ready after ${readyWithinMs} ms`);
        await clock.sleep(probeEveryMs);
      }
      isOut = false;
    },
    kill: () =>
      end((own) => {
        const pid = own.pid();
        if (pid !== undefined) process.kill(pid, 'SIGKILL');
        return undefined;
      }),
    async stop() {
      isOut = true;
      await clock.sleep(leaveMs);
      await end((own) => own.stop());
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    signal,
    crashes: () => crashes,
    async close() {
      signal('SIGCONT');
      closed.abort();
      await end((own) => own.stop());
      await probing;
    },
  };
}
