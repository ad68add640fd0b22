import type { Clock, Ids } from '@checkout/kernel';
import { uuidV7 } from '@checkout/kernel';
import type { Dice } from './dice.ts';
import type { Cancel, Owner, Scheduler } from './scheduler.ts';

/** Unix milliseconds at which every simulated world begins: 2026-01-01T00:00:00Z. */
export const worldBeginsAt = 1_767_225_600_000;

/** One life of a process, from its start to its crash. What it waits for when it dies never comes. */
export type SimulatedProcess = Owner & {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly kill: () => void;
  /** Nothing of it runs for so long, as if it had been stopped by a signal or a virtual machine's host. */
  readonly pause: (ms: number) => void;
  /** Sets its wall clock by so much off the world's. */
  readonly jumpClock: (ms: number) => void;
  /** Runs when it dies, unless it is cancelled before. */
  readonly onDeath: (run: () => void) => Cancel;
  /**
   * Hands a result over after `latencyMs`, as a task of this process; never when it has died by then. Whatever comes from
   * outside of a process comes in this way.
   */
  readonly receive: <Value>(result: Promise<Value>, latencyMs?: () => number) => Promise<Value>;
};

export function createProcess(
  scheduler: Scheduler,
  { name, dice, clockOffMs = 0 }: { readonly name: string; readonly dice: Dice; readonly clockOffMs?: number },
): SimulatedProcess {
  let alive = true;
  let pausedUntilMs = 0;
  let offMs = clockOffMs;
  const mourners = new Set<() => void>();
  const wallClock = () => Math.floor(worldBeginsAt + scheduler.elapsed() + offMs);

  const process: SimulatedProcess = {
    name,
    isAlive: () => alive,
    pausedUntil: () => pausedUntilMs,
    wallClock,
    kill() {
      if (!alive) return;
      alive = false;
      for (const mourn of mourners) mourn();
    },
    pause: (ms) => {
      pausedUntilMs = scheduler.elapsed() + ms;
    },
    jumpClock: (ms) => {
      offMs = ms;
    },
    onDeath(run) {
      mourners.add(run);
      return () => void mourners.delete(run);
    },
    receive: (result, latencyMs = () => 0) =>
      new Promise((resolve, reject) => {
        const hand = (over: () => void) => void scheduler.schedule(process, latencyMs(), over);
        result.then(
          (value) => hand(() => resolve(value)),
          (error: unknown) => hand(() => reject(error)),
        );
      }),
    clock: {
      now: wallClock,
      monotonic: () => scheduler.elapsed(),
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted) return resolve();
          const end = () => {
            cancel();
            resolve();
          };
          const cancel = scheduler.schedule(process, ms, () => {
            signal?.removeEventListener('abort', end);
            resolve();
          });
          signal?.addEventListener('abort', end, { once: true });
        }),
      setTimer: (ms, fire) => scheduler.schedule(process, ms, fire),
      nextTurn: () => new Promise((resolve) => void scheduler.schedule(process, 0, resolve)),
    },
    ids: createIds(wallClock, dice),
  };
  return process;
}

/** Ids as production makes them: this process's own clock in front, so that a clock that jumps back shows. */
function createIds(wallClock: () => number, dice: Dice): Ids {
  return {
    uuid: () =>
      uuidV7(
        Math.max(0, wallClock()),
        Uint8Array.from({ length: 10 }, () => dice.between(0, 255)),
      ),
  };
}
