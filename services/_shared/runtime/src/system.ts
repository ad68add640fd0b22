import { randomFillSync } from 'node:crypto';
import { type Clock, type Ids, type Random, uuidV7 } from '@checkout/kernel';

/** Longer waits overflow the 32-bit milliseconds of `setTimeout`, which then fires at once. */
const maxTimeoutMs = 2 ** 31 - 1;

/** The machine's time. Timers are accurate to the millisecond at best and are late on a busy event loop, never early. */
export function createSystemClock(): Clock {
  const setTimer: Clock['setTimer'] = (ms, fire) => {
    let remainingMs = Math.max(0, ms);
    let timer: NodeJS.Timeout;
    const arm = () => {
      const stepMs = Math.min(remainingMs, maxTimeoutMs);
      remainingMs -= stepMs;
      timer = setTimeout(remainingMs > 0 ? arm : fire, stepMs);
    };
    arm();
    return () => clearTimeout(timer);
  };
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
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
  };
}

const bytesPerId = 10;
/** One call into the kernel for this many ids: drawing ten bytes at a time costs more than everything else here. */
const idsPerRefill = 256;

/** UUIDv7 from the machine's clock and its cryptographic random source. */
export function createSystemIds(): Ids {
  const pool = new Uint8Array(bytesPerId * idsPerRefill);
  let offset = pool.length;
  return {
    uuid() {
      if (offset === pool.length) {
        randomFillSync(pool);
        offset = 0;
      }
      offset += bytesPerId;
      return uuidV7(Date.now(), pool.subarray(offset - bytesPerId, offset));
    },
  };
}

/** The machine's pseudo-random numbers. For jitter and sampling, not for secrets. */
export function createSystemRandom(): Random {
  return { next: () => Math.random() };
}
