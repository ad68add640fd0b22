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

function repeat(shares: readonly number[], patience: number, signal = new AbortController().signal) {
  const said: string[] = [];
  const progress = { update: () => {}, done: () => {}, say: (line: string) => void said.push(line), end: () => {} };
  const clock = createVirtualClock();
  const context = { progress, clock, signal, patience } as unknown as BenchContext;
  const left = [...shares];
  const running = undisturbed(
    context,
    'a run',
    async () => measured(left.shift() ?? Number.NaN),
    (result) => result,
  );
  return { running, said, left, clock };
}

test('a run that nobody disturbed counts', async () => {
  const { running, left } = repeat([0.05, 0.5], 3);

  expect((await running).otherCpuShare).toBe(0.05);
  expect(left).toEqual([0.5]);
});

test('a disturbed run is repeated after a pause, and says so', async () => {
  const { running, said, clock } = repeat([0.47, 0.05], 3);
  await clock.advance(5_000);

  expect((await running).otherCpuShare).toBe(0.05);
  expect(said).toEqual(['a run: other programs took 47 % of the machine, measured again']);
});

test('patience ends', async () => {
  const { running } = repeat([0.47], 0);

  expect((await running).otherCpuShare).toBe(0.47);
});

test('the pause ends when the run is stopped', async () => {
  const { running } = repeat([0.47, 0.05], 3, AbortSignal.abort());

  await expect(running).rejects.toThrow(StoppedError);
});
