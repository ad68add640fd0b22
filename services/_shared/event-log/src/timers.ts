import { type Clock, causeOf, type OrderId, UnavailableError } from '@checkout/kernel';
import type { EventLog } from './event-log.ts';
import type { Cause } from './rows.ts';
import type { DueTimer } from './storage.port.ts';

/** Timers handled together; the next batch follows at once. */
const maxTimersPerBatch = 100;
/** A timer that another process set is seen after this long at the latest. */
const maxIdleMs = 1_000;
const retryBaseMs = 100;
const retryCapMs = 10_000;
/** How long a timer that fails by itself stands aside. */
const asideMs = 60_000;

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
   * Handles timers that are due. Each must be changed or cleared by what it records, or it fires again. What it throws is
   * reported. An UnavailableError passes: the batch is tried again after a pause. Any other is a defect, of one of the streams
   * perhaps (a newer release has recorded something that this one cannot read): the timers are fired one by one, and those
   * that fail stand aside for a minute, so that they hold up no other.
   */
  readonly fire: (timers: readonly DueTimer[]) => Promise<void>;
  readonly onError: (error: Error) => void;
};

/** Fires the durable timers of a log's streams. They survive a restart; one that came due meanwhile fires at once. */
export function createTimerLoop({ log, clock, fire, onError }: TimerLoopDeps): TimerLoop {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let waiting = new AbortController();

  /** Streams whose timers stand aside, and until when. */
  const aside = new Map<OrderId, number>();

  const dueNow = async (): Promise<readonly DueTimer[]> => {
    const now = clock.monotonic();
    for (const [streamId, untilMs] of aside) if (untilMs <= now) aside.delete(streamId);
    const due = await log.dueTimers(maxTimersPerBatch + aside.size);
    return due.filter(({ streamId }) => !aside.has(streamId));
  };

  const fireAll = async (due: readonly DueTimer[]) => {
    try {
      await fire(due);
    } catch (error) {
      if (error instanceof UnavailableError) throw error;
      for (const timer of due) await fireAlone(timer);
    }
  };

  const fireAlone = async (timer: DueTimer) => {
    try {
      await fire([timer]);
    } catch (error) {
      if (error instanceof UnavailableError) throw error;
      aside.set(timer.streamId, clock.monotonic() + asideMs);
      onError(new Error(`the timer ${timer.kind} of ${timer.streamId} failed`, { cause: error }));
    }
  };

  const fireDue = async () => {
    const due = await dueNow();
    if (due.length > 0) await fireAll(due);
    // There may be more; whatever waits to be read in this process comes first.
    if (due.length >= maxTimersPerBatch) return clock.nextTurn();
    // Before the question, so that a timer that is set while the database answers cuts the wait short.
    waiting = new AbortController();
    // Those that stand aside are due all the time.
    const nextInMs = aside.size > 0 ? maxIdleMs : ((await log.nextTimerInMs()) ?? maxIdleMs);
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
