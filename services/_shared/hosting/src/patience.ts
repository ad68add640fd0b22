import type { Clock } from '@checkout/kernel';

export type Patience = {
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  /** How long the work may go on failing, milliseconds. The try that is under way then is the last one. */
  readonly withinMs: number;
  /** Whether a failure passes by itself; any other ends the waiting. */
  readonly passes: (error: unknown) => boolean;
  /** Told each failure that is waited for. */
  readonly onFailure?: (error: Error) => void;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
};

const againMs = 1_000;

/**
 * Does the work, and does it again every second while it fails in a way that passes.
 *
 * @throws the last failure; the signal's reason when that is aborted first
 */
export async function patiently<Value>(work: () => Promise<Value>, patience: Patience): Promise<Value> {
  const { clock, withinMs, passes, onFailure, signal } = patience;
  const giveUpAtMs = clock.monotonic() + withinMs;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!passes(error) || clock.monotonic() >= giveUpAtMs) throw error;
      onFailure?.(error as Error);
    }
    await clock.sleep(againMs, signal);
  }
}
