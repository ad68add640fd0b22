import type { Clock } from '@checkout/kernel';

/** Requests that are left without an answer: held open for a while, then dropped. */
export type Silence = {
  /**
   * Waits until `landed`, or until the request has to be dropped: after 30 s, when the client is gone, when the process
   * stops, or at once when too many are held.
   */
  hold(client: AbortSignal, landed?: Promise<void>): Promise<'landed' | 'drop'>;
  /** Drops all, and every later one at once. */
  end(): void;
};

const holdMs = 30_000;
const maxHeld = 2_000;

export function createSilence(clock: Clock): Silence {
  const ending = new AbortController();
  let held = 0;
  return {
    async hold(client, landed = new Promise<void>(() => {})) {
      if (held >= maxHeld) return 'drop';
      held += 1;
      const waiting = new AbortController();
      const over = AbortSignal.any([client, ending.signal, waiting.signal]);
      const drop = clock.sleep(holdMs, over).then(() => 'drop' as const);
      try {
        return await Promise.race([landed.then(() => 'landed' as const), drop]);
      } finally {
        waiting.abort();
        held -= 1;
      }
    },
    end: () => ending.abort(),
  };
}
