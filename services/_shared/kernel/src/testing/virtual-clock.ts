import type { CancelTimer, Clock } from '../clock.ts';

/** A clock that moves only when the test says so. */
export type VirtualClock = Clock & {
  /** Moves time forward by `ms`, firing every timer that comes due, in order, and letting promises settle in between. */
  advance(ms: number): Promise<void>;
  /** Sets the wall clock without firing anything: what an administrator or a bad NTP server does. */
  jump(ms: number): void;
  /** Lets everything that can go on without time passing go on. */
  settle(): Promise<void>;
  /** Timers that are waiting; a test ends with none left behind. */
  pending(): number;
};

type Timer = { readonly dueMs: number; readonly sequence: number; readonly fire: () => void };

/** Turns of the real event loop that `settle` waits: enough for any chain of promises that does no real I/O. */
const settleTurns = 10;

export function createVirtualClock(startMs = Date.UTC(2026, 0, 1)): VirtualClock {
  let elapsedMs = 0;
  let offsetMs = startMs;
  let sequence = 0;
  let timers: readonly Timer[] = [];

  const setTimer = (ms: number, fire: () => void): CancelTimer => {
    sequence += 1;
    const timer: Timer = { dueMs: elapsedMs + Math.max(0, ms), sequence, fire };
    timers = [...timers, timer].toSorted((a, b) => a.dueMs - b.dueMs || a.sequence - b.sequence);
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  };
  const settle = async () => {
    for (let turn = 0; turn < settleTurns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  return {
    now: () => Math.floor(offsetMs + elapsedMs),
    monotonic: () => elapsedMs,
    setTimer,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const stop = () => {
          cancel();
          resolve();
        };
        const cancel = setTimer(ms, () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        });
        signal?.addEventListener('abort', stop, { once: true });
      }),
    nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
    async advance(ms) {
      const untilMs = elapsedMs + ms;
      await settle();
      for (let next = timers[0]; next !== undefined && next.dueMs <= untilMs; next = timers[0]) {
        timers = timers.slice(1);
        elapsedMs = next.dueMs;
        next.fire();
        await settle();
      }
      elapsedMs = untilMs;
      await settle();
    },
    jump: (ms) => {
      offsetMs += ms;
    },
    settle,
    pending: () => timers.length,
  };
}
