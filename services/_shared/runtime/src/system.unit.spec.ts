import { isOrderId } from '@checkout/kernel';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSystemClock, createSystemIds } from './system.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a timer longer than setTimeout can count fires when it is due, not at once', async () => {
  const fire = vi.fn();
  const fortyDaysMs = 40 * 24 * 60 * 60 * 1000;
  createSystemClock().setTimer(fortyDaysMs, fire);

  await vi.advanceTimersByTimeAsync(fortyDaysMs - 1);
  expect(fire).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(fire).toHaveBeenCalledTimes(1);
});

test('a cancelled timer never fires, also when it was cancelled on its way', async () => {
  const fire = vi.fn();
  const cancel = createSystemClock().setTimer(2 ** 32, fire);

  await vi.advanceTimersByTimeAsync(2 ** 31);
  cancel();
  await vi.advanceTimersByTimeAsync(2 ** 32);

  expect(fire).not.toHaveBeenCalled();
});

test('a sleeper that is told to stop wakes at once and leaves no timer', async () => {
  const stop = new AbortController();
  const sleeping = createSystemClock().sleep(60_000, stop.signal);

  stop.abort();
  await sleeping;

  expect(vi.getTimerCount()).toBe(0);
});

test('ids are distinct UUIDv7, across refills of the pool', () => {
  const ids = createSystemIds();
  const drawn = Array.from({ length: 1000 }, () => ids.uuid());

  expect(drawn.every(isOrderId)).toBe(true);
  expect(new Set(drawn).size).toBe(1000);
});
