import { describe, expect, test } from 'vitest';
import { median, percentile, ratioOf, spreadOf } from './stats.ts';

describe('a percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  test.each([
    [0, 1],
    [0.01, 1],
    [0.5, 50],
    [0.501, 51],
    [0.99, 99],
    [1, 100],
  ])('of share %d is a value that so many do not exceed', (share, expected) => {
    expect(percentile(hundred, share)).toBe(expected);
  });

  test('of one value is that value', () => {
    expect(percentile([7], 0.99)).toBe(7);
  });

  test('leaves the values as they were, and sorts by size and not by text', () => {
    const values = [10, 9, 1];

    expect(percentile(values, 1)).toBe(10);
    expect(values).toEqual([10, 9, 1]);
  });

  test('of nothing is a defect', () => {
    expect(() => percentile([], 0.5)).toThrow('nothing');
  });
});

describe('a median', () => {
  test.each([
    [[3], 3],
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[10, 9], 9.5],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  test('of nothing is a defect', () => {
    expect(() => median([])).toThrow('nothing');
  });
});

describe('a ratio', () => {
  test('is that of each round, so that a slow hour counts on both sides', () => {
    expect(ratioOf([300, 90, 400], [100, 30, 100])).toEqual({ median: 3, min: 3, max: 4 });
  });

  test('of rounds that do not match is a defect', () => {
    expect(() => ratioOf([1, 2], [1])).toThrow('2 rounds beside 1');
  });

  test('over nothing is a defect', () => {
    expect(() => ratioOf([1, 2], [1, 0])).toThrow('round 2 is 0');
    expect(() => ratioOf([], [])).toThrow('nothing');
  });
});

test('a spread says between what the values lie', () => {
  expect(spreadOf([2, 9, 4])).toEqual({ median: 4, min: 2, max: 9 });
});
