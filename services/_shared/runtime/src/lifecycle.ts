import type { Clock } from '@checkout/kernel';
import type { Logger } from './logger.ts';
import { onStopSignal } from './stop-signal.ts';

/** What a start that takes its time is told, and what it tells. */
export type Startup = {
  /** Aborted when the process is to stop before it has started. */
  readonly signal: AbortSignal;
  /**
   * Says what the start waits for, in place of what it said before.
   *
   * @param what a name for tools: `log`, `schema`
   * @param detail why, for people; never a secret
   */
  waitsFor(what: string, detail: string): void;
};

/** A started service. `stop` drains and releases everything that the start took; it is called at most once. */
export type Running = { stop(): Promise<void> };

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** The part of the operating system's process that a service's life needs. */
export type ProcessPort = {
  onSignal(signal: StopSignal, listener: () => void): void;
  /** An exception or a rejected promise that nobody handled. */
  onCrash(listener: (kind: string, error: unknown) => void): void;
  /** Ends the process; the real one never returns. */
  exit(code: number): void;
  writeError(line: string): void;
};

export type ServiceRun = {
  readonly name: string;
  /** `stopping` is aborted when the process is told to stop meanwhile: the start then ends by throwing its reason. */
  readonly start: (stopping: AbortSignal) => Promise<Running>;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly process: ProcessPort;
  /** How long `stop` may take, in milliseconds, before the process ends without it. */
  readonly shutdownMs: number;
};

const exitStopped = 0;
const exitFailed = 1;

/**
 * Runs a service from its start to the end of the process. Resolves once it has started, or failed to.
 *
 * - SIGINT, SIGTERM or SIGHUP: stops, or ends a start that is still under way, and exits 0; 1 if stopping fails or takes
 *   longer than `shutdownMs`.
 * - Another signal more than 500 ms later: exits 130 at once.
 * - A failing start: one line on standard error, exit 1.
 * - An unhandled exception or rejection: one log line, exit 1 at once, because the state is unknown and everything durable
 *   already is.
 */
export async function runService(run: ServiceRun): Promise<void> {
  const { name, logger, clock, process } = run;
  const stopping = new AbortController();
  const starting = startSafely(run.start, stopping.signal);

  onStopSignal({ clock, process }, (signal) => {
    logger.info('stopping', { signal });
    stopping.abort(new StartEndedError());
    void stopWithin(run, starting).then((code) => process.exit(code));
  });
  process.onCrash((kind, error) => {
    logger.error(`${kind}, exiting`, { err: error });
    process.exit(exitFailed);
  });

  const started = await starting;
  if ('failure' in started && !(started.failure instanceof StartEndedError)) {
    process.writeError(`${name}: ${oneLine(started.failure)}`);
    process.exit(exitFailed);
  }
}

/** Nothing failed: the start was told to end. */
class StartEndedError extends Error {
  constructor() {
    super('the process was told to stop before it had started');
    this.name = 'StartEndedError';
  }
}

type Started = { readonly running: Running } | { readonly failure: unknown };

async function startSafely(start: ServiceRun['start'], stopping: AbortSignal): Promise<Started> {
  try {
    return { running: await start(stopping) };
  } catch (failure) {
    return { failure };
  }
}

/** The exit code. A start that failed meanwhile has its own line and code, given by `runService`. */
async function stopWithin({ logger, clock, shutdownMs }: ServiceRun, starting: Promise<Started>): Promise<number> {
  const stopped = starting.then(async (started) => {
    if ('failure' in started) return started.failure instanceof StartEndedError ? exitStopped : exitFailed;
    await started.running.stop();
    return exitStopped;
  });
  const timeout = new AbortController();
  try {
    const code = await Promise.race([stopped, clock.sleep(shutdownMs, timeout.signal)]);
    if (code !== undefined) return code;
    logger.error('not stopped in time, exiting', { durationMs: shutdownMs });
  } catch (error) {
    logger.error('stopping failed, exiting', { err: error });
  } finally {
    timeout.abort();
  }
  return exitFailed;
}

/** An error's message for whoever started the process. */
export function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, ' ');
}
