import { createVirtualClock } from '@checkout/kernel/testing';
import { describe, expect, it } from 'vitest';
import type { Session } from './session.ts';
import { createSessions } from './sessions.ts';

function setup(size: number) {
  const clock = createVirtualClock();
  const opened: { readonly session: Session; readonly number: number; isBroken: boolean }[] = [];
  const open = () => {
    const entry = { number: opened.length + 1, isBroken: false } as (typeof opened)[number];
    const session: Session = {
      read: () => Promise.resolve([]),
      write: () => Promise.resolve([]),
      isBroken: () => entry.isBroken,
      destroy: () => {
        entry.isBroken = true;
      },
    };
    opened.push(Object.assign(entry, { session }));
    return Promise.resolve(session);
  };
  const sessions = createSessions({ open, size, clock, waitMs: 1_000 });
  const numberOf = (session: Session) => opened.find((entry) => entry.session === session)?.number;
  return { sessions, opened, numberUsed: () => sessions.use((session) => Promise.resolve(numberOf(session))) };
}

describe('connections that are renewed', () => {
  it('are opened anew at their next use, and closed', async () => {
    const { sessions, opened, numberUsed } = setup(1);
    expect([await numberUsed(), await numberUsed()]).toEqual([1, 1]);
    sessions.renew();
    expect([await numberUsed(), await numberUsed()]).toEqual([2, 2]);
    expect(opened.map(({ isBroken }) => isBroken)).toEqual([true, false]);
  });

  it('serve to its end what they are in use for, and nothing after it', async () => {
    const { sessions, opened, numberUsed } = setup(2);
    const gate = Promise.withResolvers<void>();
    const using = sessions.use(() => gate.promise);
    await numberUsed();
    sessions.renew();
    expect(opened[0]?.isBroken).toBe(false);
    gate.resolve();
    await using;
    const used = await Promise.all([numberUsed(), numberUsed()]);
    expect(used.toSorted()).toEqual([3, 4]);
    expect(opened.map(({ isBroken }) => isBroken)).toEqual([true, true, false, false]);
  });
});
