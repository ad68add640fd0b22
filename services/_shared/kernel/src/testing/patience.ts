import { setImmediate } from 'node:timers/promises';

/** For what comes about by itself, in a moment: a guard against waiting for ever, on a machine that has other things to do. */
export const patience = { timeout: 60_000, interval: 20 } as const;

/** Whether nothing was waited for, neither a timer nor a server: the work is over before anything else has its turn. */
export function isAtOnce(work: () => Promise<unknown>): Promise<boolean> {
  const settled = Promise.allSettled([work()]).then(() => true);
  return Promise.race([settled, setImmediate(false)]);
}
