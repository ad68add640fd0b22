import { createVirtualClock } from '@checkout/kernel/testing';
import { expect, test } from 'vitest';
import { createDueWorker } from './due-worker.ts';

/** A queue of due times; the worker's work takes out what is due and says when the rest is. */
function setup(onWork: () => void = () => {}) {
  const clock = createVirtualClock();
  const startMs = clock.now();
  let queue: number[] = [];
  const done: number[] = [];
  const errors: unknown[] = [];
  const worker = createDueWorker({
    clock,
    onError: (error) => void errors.push(error),
    work: async () => {
      onWork();
      await clock.nextTurn();
      const due = queue.filter((dueAtMs) => dueAtMs <= clock.now());
      queue = queue.filter((dueAtMs) => dueAtMs > clock.now());
      for (const _ of due) done.push(clock.now() - startMs);
      return queue.length === 0 ? undefined : Math.min(...queue);
    },
  });
  const add = (afterMs: number) => {
    queue.push(clock.now() + afterMs);
    worker.wake(clock.now() + afterMs);
  };
  return { clock, worker, add, done, errors };
}

test('each item is worked off when it is due, in whatever order they came', async () => {
  const { clock, worker, add, done } = setup();
  worker.start();
  await clock.settle();
  add(300);
  add(100);
  add(200);
  await clock.advance(1_000);

  expect(done).toEqual([100, 200, 300]);
  expect(clock.pending()).toBe(0);
});

test('what was there before the start is worked off at the start', async () => {
  const { clock, worker, add, done } = setup();
  add(0);
  await clock.settle();
  expect(done).toEqual([]);
  worker.start();
  await clock.settle();

  expect(done).toEqual([0]);
});

test('what comes while the worker is busy is not forgotten', async () => {
  const { clock, worker, add, done } = setup();
  worker.start();
  add(0);
  await Promise.resolve();
  add(0);
  await clock.settle();

  expect(done).toHaveLength(2);
});

test('a failure is told and tried again after a second', async () => {
  let failures = 1;
  const { clock, worker, add, done, errors } = setup(() => {
    if (failures-- > 0) throw new Error('disk full');
  });
  add(0);
  worker.start();
  await clock.settle();
  expect([errors.length, done.length]).toEqual([1, 0]);
  await clock.advance(1_000);

  expect(done).toEqual([1_000]);
});

test('a wall clock that was set forward is noticed within a minute', async () => {
  const { clock, worker, add, done } = setup();
  worker.start();
  await clock.settle();
  add(3_600_000);
  clock.jump(3_600_000);
  await clock.advance(60_000);

  expect(done).toHaveLength(1);
});

test('a stopped worker does nothing more', async () => {
  const { clock, worker, add, done } = setup();
  worker.start();
  await clock.settle();
  add(100);
  await worker.stop();
  await clock.advance(1_000);

  expect(done).toEqual([]);
  expect(clock.pending()).toBe(0);
});
