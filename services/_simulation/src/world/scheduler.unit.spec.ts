import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createScheduler, type Owner } from './scheduler.ts';

function setup() {
  const scheduler = createScheduler(() => nextTurn());
  const seen: string[] = [];
  const owner = { alive: true, pausedUntilMs: 0 };
  const owned: Owner = {
    name: 'owner',
    isAlive: () => owner.alive,
    pausedUntil: () => owner.pausedUntilMs,
    wallClock: () => 0,
  };
  const note = (what: string) => () => void seen.push(`${what} at ${scheduler.elapsed()}`);
  return { scheduler, seen, note, owner, owned };
}

describe('the scheduler', () => {
  it('runs tasks by their time, and those of one instant in the order in which they were scheduled', async () => {
    const { scheduler, seen, note } = setup();
    for (const ms of [30, 10, 20, 10, 0]) scheduler.schedule(undefined, ms, note(`${ms}`));
    await scheduler.run({ untilMs: 25 });
    expect(seen).toEqual(['0 at 0', '10 at 10', '10 at 10', '20 at 20']);
    expect(scheduler.elapsed()).toBe(25);
    await scheduler.run({ untilMs: 100 });
    expect(seen.at(-1)).toBe('30 at 30');
  });

  it('lets promises go on between two tasks until none can', async () => {
    const { scheduler, seen, note } = setup();
    scheduler.schedule(undefined, 1, () => {
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(note('followed'));
    });
    scheduler.schedule(undefined, 1, note('next'));
    await scheduler.run({ untilMs: 10 });
    expect(seen).toEqual(['followed at 1', 'next at 1']);
  });

  it('drops what a dead owner still had to do', async () => {
    const { scheduler, seen, note, owner, owned } = setup();
    scheduler.schedule(owned, 1, note('mine'));
    scheduler.schedule(owned, 5, note('late'));
    scheduler.schedule(undefined, 3, () => {
      owner.alive = false;
    });
    await scheduler.run({ untilMs: 10 });
    expect(seen).toEqual(['mine at 1']);
  });

  it('puts off what a paused owner has to do, and keeps its order', async () => {
    const { scheduler, seen, note, owner, owned } = setup();
    owner.pausedUntilMs = 50;
    scheduler.schedule(owned, 2, note('second'));
    scheduler.schedule(owned, 1, note('first'));
    scheduler.schedule(undefined, 10, note('other'));
    await scheduler.run({ untilMs: 100 });
    expect(seen).toEqual(['other at 10', 'first at 50', 'second at 50']);
  });

  it('forgets what was cancelled', async () => {
    const { scheduler, seen, note } = setup();
    const cancel = scheduler.schedule(undefined, 1, note('never'));
    cancel();
    await scheduler.run({ untilMs: 10 });
    expect(seen).toEqual([]);
  });

  it('stops when it is told that it is over, and time with it', async () => {
    const { scheduler, seen, note } = setup();
    for (const ms of [1, 2, 3]) scheduler.schedule(undefined, ms, note(`${ms}`));
    await scheduler.run({ untilMs: Infinity, isOver: () => seen.length === 2 });
    expect(scheduler.elapsed()).toBe(2);
  });
});
