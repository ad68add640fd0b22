import type { Clock } from '@checkout/kernel';
import { oneLine, type ProcessPort, type StopSignal } from './lifecycle.ts';
import { onStopSignal } from './stop-signal.ts';

export type TaskRun = {
  /** Before each line that it says. */
  readonly name: string;
  /**
   * The work. When `stopping` is aborted it ends at the next point at which nothing is half done, by throwing the signal's reason;
   * work that is all done then may as well succeed.
   */
  readonly run: (stopping: AbortSignal) => Promise<void>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly process: ProcessPort;
};

/** As shells say it: 128 and the signal's number. */
const exitBySignal = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const satisfies Record<StopSignal, number>;
const exitDone = 0;
const exitFailed = 1;

class StoppedError extends Error {
  readonly signal: StopSignal;
  constructor(signal: StopSignal) {
    super(`stopped by ${signal}`);
    this.name = 'StoppedError';
    this.signal = signal;
  }
}

/**
 * Runs work that ends by itself, from its start to the end of the process.
 *
 * - Done: exits 0.
 * - Failed: one line on standard error, exit 1.
 * - SIGINT, SIGTERM or SIGHUP: ends as soon as nothing is half done and exits with 128 and the signal's number: never 0, because
 *   whoever waits for the work would take it for done.
 * - Another signal more than 500 ms later: exits 130 at once.
 */
export async function runTask({ name, run, clock, process }: TaskRun): Promise<void> {
  const stopping = new AbortController();
  onStopSignal({ clock, process }, (signal) => stopping.abort(new StoppedError(signal)));

  try {
    await run(stopping.signal);
    process.exit(exitDone);
  } catch (error) {
    process.writeError(`${name}: ${oneLine(error)}`);
    process.exit(error instanceof StoppedError ? exitBySignal[error.signal] : exitFailed);
  }
}
