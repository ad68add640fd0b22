import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from './index.ts';

describe('a virtual clock', () => {
  it('stands still until it is moved', async () => {
    const clock = createVirtualClock(1_000);
    await clock.settle();
    expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0]);
    await clock.advance(250);
    expect([clock.now(), clock.monotonic()]).toEqual([1_250, 250]);
  });

  it('tells whole milliseconds, also when somebody slept for a part of one', async () => {
    const clock = createVirtualClock(1_000);
    const seen: number[] = [];
    clock.setTimer(1.5, () => seen.push(clock.now()));
    await clock.advance(2);
    expect(seen).toEqual([1_001]);
  });

  it('fires timers in the order in which they come due, and those of one instant in the order in which they were set', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 12 }), async (waits) => {
        const clock = createVirtualClock();
        const fired: { timer: number; at: number }[] = [];
        waits.forEach((ms, timer) => clock.setTimer(ms, () => fired.push({ timer, at: clock.monotonic() })));
        await clock.advance(20);
        const expected = waits
          .map((ms, timer) => ({ timer, at: ms }))
          .toSorted((a, b) => a.at - b.at || a.timer - b.timer);
        expect(fired).toEqual(expected);
        expect(clock.pending()).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  it('fires a timer that a timer sets, when it comes due within the same step', async () => {
    const clock = createVirtualClock();
    const fired: number[] = [];
    clock.setTimer(10, () => clock.setTimer(5, () => fired.push(clock.monotonic())));
    clock.setTimer(10, () => clock.setTimer(50, () => fired.push(clock.monotonic())));
    await clock.advance(20);
    expect(fired).toEqual([15]);
    expect(clock.pending()).toBe(1);
  });

  it('fires nothing early and nothing that was cancelled', async () => {
    const clock = createVirtualClock();
    const fired: string[] = [];
    clock.setTimer(10, () => fired.push('due'));
    const cancel = clock.setTimer(5, () => fired.push('cancelled'));
    cancel();
    cancel();
    await clock.advance(9);
    expect(fired).toEqual([]);
    await clock.advance(1);
    cancel();
    expect(fired).toEqual(['due']);
  });

  it('lets promises go on between two timers', async () => {
    const clock = createVirtualClock();
    const seen: string[] = [];
    const sleepAndGoOn = async () => {
      await clock.sleep(10);
      await clock.nextTurn();
      seen.push('woken');
    };
    const sleeper = sleepAndGoOn();
    clock.setTimer(11, () => seen.push('later'));
    await clock.advance(20);
    await sleeper;
    expect(seen).toEqual(['woken', 'later']);
  });

  it('wakes a sleeper that is told to stop, and leaves no timer behind', async () => {
    const clock = createVirtualClock();
    const stopping = new AbortController();
    const sleeper = clock.sleep(1_000, stopping.signal);
    expect(clock.pending()).toBe(1);
    stopping.abort();
    await sleeper;
    expect(clock.pending()).toBe(0);
    await clock.sleep(1_000, stopping.signal);
    expect(clock.pending()).toBe(0);
  });

  it('forgets the signal of a sleeper that woke by itself', async () => {
    const clock = createVirtualClock();
    const stopping = new AbortController();
    const sleeper = clock.sleep(10, stopping.signal);
    await clock.advance(10);
    await sleeper;
    stopping.abort();
    expect(clock.pending()).toBe(0);
  });

  it('jumps its wall clock in either direction without firing anything', async () => {
    const clock = createVirtualClock(10_000);
    const fired: number[] = [];
    clock.setTimer(100, () => fired.push(clock.now()));
    clock.jump(-5_000);
    await clock.settle();
    expect([clock.now(), clock.monotonic(), fired]).toEqual([5_000, 0, []]);
    await clock.advance(100);
    expect(fired).toEqual([5_100]);
  });
});
