import type { Clock } from '@checkout/kernel';
import type { Session } from './session.ts';

/** A bounded number of connections, opened when they are needed, each used by one at a time. */
export type Sessions = {
  /** @throws Error when no connection is free or can be opened in time; else whatever the work throws */
  use<Value>(work: (session: Session) => Promise<Value>): Promise<Value>;
  /** What is open now is used no more, beyond what it is in use for. */
  renew(): void;
  close(): Promise<void>;
};

export type SessionsOptions = {
  readonly open: () => Promise<Session>;
  readonly size: number;
  readonly clock: Clock;
  /** How long to wait for a free connection, milliseconds. */
  readonly waitMs: number;
  /** Keeps idle connections alive by a question this often, milliseconds. */
  readonly pingEveryMs?: number;
};

type Slot = { session: Session | undefined; isOutdated: boolean };

export function createSessions({ open, size, clock, waitMs, pingEveryMs }: SessionsOptions): Sessions {
  const slots: readonly Slot[] = Array.from({ length: size }, () => ({ session: undefined, isOutdated: false }));
  const free = [...slots];
  const waiting: ((slot: Slot) => void)[] = [];
  const closing = new AbortController();
  let allReturned = () => {};

  const take = async (): Promise<Slot> => {
    if (closing.signal.aborted) throw new Error('the log was closed');
    // The one used last is the likeliest to be alive.
    const slot = free.pop();
    if (slot !== undefined) return slot;
    return new Promise((resolve, reject) => {
      const cancelTimer = clock.setTimer(waitMs, () => {
        waiting.splice(waiting.indexOf(taker), 1);
        reject(new Error(`no connection was free within ${waitMs} ms`));
      });
      const taker = (given: Slot) => {
        cancelTimer();
        resolve(given);
      };
      waiting.push(taker);
    });
  };

  const giveBack = (slot: Slot) => {
    const next = waiting.shift();
    if (next !== undefined) return next(slot);
    free.push(slot);
    if (free.length === size) allReturned();
  };

  const use: Sessions['use'] = async (work) => {
    const slot = await take();
    try {
      if (slot.isOutdated) slot.session?.destroy();
      slot.isOutdated = false;
      if (slot.session?.isBroken() !== false) slot.session = await open();
      return await work(slot.session);
    } finally {
      giveBack(slot);
    }
  };

  const pingIdle = async (everyMs: number) => {
    while (!closing.signal.aborted) {
      await clock.sleep(everyMs, closing.signal);
      const idle = free.filter(({ session }) => session?.isBroken() === false);
      // One that does not answer is broken then, and opened anew when it is needed.
      for (const { session } of idle) await session?.write(['DO 1']).catch(() => session.destroy());
    }
  };
  const pinging = pingEveryMs === undefined ? Promise.resolve() : pingIdle(pingEveryMs);

  return {
    use,
    renew() {
      for (const slot of slots) slot.isOutdated = true;
    },
    async close() {
      closing.abort();
      if (free.length < size) await new Promise<void>((resolve) => (allReturned = resolve));
      for (const { session } of free) session?.destroy();
      await pinging;
    },
  };
}
