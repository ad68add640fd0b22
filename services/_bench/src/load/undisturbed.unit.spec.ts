import { createVirtualClock } from '@checkout/kernel/testing';
import { expect, test } from 'vitest';
import { type BenchContext, StoppedError } from '../bench-context.ts';
import type { Measurement } from './measure.ts';
import { undisturbed } from './undisturbed.ts';

const measured = (otherCpuShare: number): Measurement => ({
  operations: 1,
  perSecond: 1,
  p50Ms: 1,
  p99Ms: 1,
  maxMs: 1,
  cpuUsPerOperation: 1,
  loadCpuUsPerOperation: 1,
  rssBytes: 1,
  otherCpuShare,
});

/** @param shares what others take in each run; @param busyUntilMs until when they keep the machine busy in between */
function repeat(shares: readonly number[], patience: number, busyUntilMs = 0) {
  const clock = createVirtualClock();
  const stopping = new AbortController();
  const said: string[] = [];
  const progress = { update: () => {}, done: () => {}, say: (line: string) => void said.push(line), end: () => {} };
  const cpuTimes = () => ({ ownMs: 0, totalMs: clock.monotonic(), busyMs: Math.min(clock.monotonic(), busyUntilMs) });
  const context = { progress, clock, cpuTimes, patience, signal: stopping.signal } as unknown as BenchContext;
  const left = [...shares];
  const running = undisturbed(
    context,
    'a run',
    async () => measured(left.shift() ?? Number.NaN),
    (result) => result,
  );
  return { running, said, left, clock, stop: () => stopping.abort() };
}

test('without patience a run counts at once', async () => {
  const { running, left } = repeat([0.47, 0.05], 0);

  expect((await running).otherCpuShare).toBe(0.47);
  expect(left).toEqual([0.05]);
});

test('with patience it begins when the machine has been calm for three seconds', async () => {
  const { running, left, clock } = repeat([0.05], 1, 10_000);
  await clock.advance(12_999);
  expect(left).toEqual([0.05]);
  await clock.advance(1);

  expect((await running).otherCpuShare).toBe(0.05);
});

test('a disturbed run is repeated, and says so', async () => {
  const { running, said, clock } = repeat([0.47, 0.05], 3);
  await clock.advance(6_000);

  expect((await running).otherCpuShare).toBe(0.05);
  expect(said).toEqual(['a run: other programs took 47 % of the machine, measured again']);
});

test('patience ends', async () => {
  const { running, clock, said } = repeat([0.47, 0.46, 0.45], 2);
  await clock.advance(9_000);

  expect((await running).otherCpuShare).toBe(0.45);
  expect(said).toHaveLength(2);
});

test('a machine that is never calm is measured all the same', async () => {
  const { running, clock } = repeat([0.05], 1, Number.POSITIVE_INFINITY);
  await clock.advance(300_000);

  expect((await running).otherCpuShare).toBe(0.05);
});

test('waiting ends when the run is stopped', async () => {
  const { running, stop } = repeat([0.05], 1);
  stop();

  await expect(running).rejects.toThrow(StoppedError);
});
