import { type Clock, causeOf } from '@checkout/kernel';
import type { EventLog } from './event-log.ts';
import type { Cause } from './rows.ts';
import type { DueTimer } from './storage.port.ts';

/** Timers handled together; the next batch follows at once. */
const maxTimersPerBatch = 100;
/** A timer that another process set is seen after this long at the latest. */
const maxIdleMs = 1_000;
const retryBaseMs = 100;
const retryCapMs = 10_000;

/** Two owners that fire one timer have one cause, so it acts once. */
export function causeOfTimer(timer: DueTimer): Cause {
  return { id: causeOf('timer', timer.streamId, timer.setByVersion) };
}

export type TimerLoop = {
  start(): void;
  /** Takes no new timers and waits for those in hand. */
  stop(): Promise<void>;
};

export type TimerLoopDeps = {
  readonly log: EventLog;
  readonly clock: Clock;
  /**
   * Handles timers that are due. Each must be changed or cleared by what it records, or it fires again. A throw is
   * reported and the batch is tried again after a pause.
   */
  readonly fire: (timers: readonly DueTimer[]) => Promise<void>;
  readonly onError: (error: Error) => void;
};

/** Fires the durable timers of a log's streams. They survive a restart; one that came due meanwhile fires at once. */
export function createTimerLoop({ log, clock, fire, onError }: TimerLoopDeps): TimerLoop {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let waiting = new AbortController();

  const fireDue = async () => {
    const due = await log.dueTimers(maxTimersPerBatch);
    if (due.length > 0) await fire(due);
    // There may be more; whatever waits to be read in this process comes first.
    if (due.length === maxTimersPerBatch) return clock.nextTurn();
    // Before the question, so that a timer that is set while the database answers cuts the wait short.
    waiting = new AbortController();
    const nextInMs = (await log.nextTimerInMs()) ?? maxIdleMs;
    if (!stopping.signal.aborted) await clock.sleep(Math.min(maxIdleMs, Math.max(1, nextInMs)), waiting.signal);
  };

  const run = async () => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        await fireDue();
        failures = 0;
      } catch (error) {
        failures += 1;
        onError(error as Error);
        await clock.sleep(Math.min(retryCapMs, retryBaseMs * 2 ** failures), stopping.signal);
      }
    }
  };

  const unlisten = log.onAppend((rows) => {
    // Most timers are set far ahead and never fire; only one that may be due before the next look is worth waking for.
    if (rows.some((row) => row.timer !== undefined && row.timer !== null && row.timer.afterMs < maxIdleMs)) {
      waiting.abort();
    }
  });

  return {
    start() {
      running ??= run();
    },
    async stop() {
      unlisten();
      stopping.abort();
      waiting.abort();
      await running;
    },
  };
}
