import { expect, test } from 'vitest';
import { percentile } from './percentile.ts';

test.each([
  [[], 0.5, undefined],
  [[7], 0.5, 7],
  [[7], 0.99, 7],
  [[4, 1, 3, 2], 0.5, 2],
  [[4, 1, 3, 2], 0.99, 4],
  [Array.from({ length: 100 }, (_, index) => index + 1), 0.99, 99],
])('of %j at %d is %s', (values, share, expected) => {
  expect(percentile(values, share)).toBe(expected);
});
