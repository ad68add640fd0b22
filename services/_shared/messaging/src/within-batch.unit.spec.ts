import { createVirtualClock } from '@checkout/kernel/testing';
import { expect, it } from 'vitest';
import { withinBatch } from './within-batch.ts';

const answerAfter = (clock: ReturnType<typeof createVirtualClock>, ms: number) =>
  clock.sleep(ms).then(() => ({ answered: true }));

it.each([
  [249, { answered: true }],
  [251, undefined],
])('a batch that waits for an answer after %i ms gets %o', async (ms, expected) => {
  const clock = createVirtualClock();
  let got: object | undefined;
  const waited = withinBatch(clock, answerAfter(clock, ms)).then((value) => {
    got = value;
  });
  await clock.advance(250);
  await waited;

  expect(got).toEqual(expected);
});

it('a batch leaves no timer behind, and hears of a call that fails', async () => {
  const clock = createVirtualClock();
  expect(await withinBatch(clock, Promise.resolve({ answered: true }))).toEqual({ answered: true });
  await expect(withinBatch(clock, Promise.reject(new Error('a defect')))).rejects.toThrow('a defect');

  expect(clock.pending()).toBe(0);
});
