import type { Clock } from '@checkout/kernel';

/** How long a batch waits for its provider calls, milliseconds: a slow answer must not hold up the orders behind it. */
const batchWaitMs = 250;

/** @returns the call's value when it comes in time for the batch, `undefined` when it is still running then. */
export async function withinBatch<Value extends object>(
  clock: Clock,
  call: Promise<Value>,
): Promise<Value | undefined> {
  const waiting = new AbortController();
  try {
    return await Promise.race([call, clock.sleep(batchWaitMs, waiting.signal).then(() => undefined)]);
  } finally {
    waiting.abort();
  }
}
