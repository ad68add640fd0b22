import { expect, test } from 'vitest';
import { otherCpuShare, readCpuTimes } from './cpu-times.ts';

const from = { busyMs: 100, totalMs: 1_000, ownMs: 10 };

test('what neither the server nor this process used is of others', () => {
  expect(otherCpuShare(from, { busyMs: 1_100, totalMs: 3_000, ownMs: 210 }, 700)).toBe(0.05);
});

test('clocks that tick in steps never make it negative, or infinite', () => {
  expect(otherCpuShare(from, { busyMs: 200, totalMs: 1_200, ownMs: 60 }, 60)).toBe(0);
  expect(otherCpuShare(from, from, 0)).toBe(0);
});

test('the machine is at least as busy as this process', () => {
  const { busyMs, totalMs, ownMs } = readCpuTimes();

  expect(ownMs).toBeGreaterThan(0);
  expect(totalMs).toBeGreaterThan(busyMs);
});
