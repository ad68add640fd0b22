import { describe, expect, it } from 'vitest';
import { isOrderId } from '../ids.ts';
import { createSeededIds, createSeededRandom } from './index.ts';

const draw = (seed: number, count: number) => {
  const random = createSeededRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

describe('seeded randomness', () => {
  it('is the same for one seed and another for another', () => {
    expect(draw(7, 100)).toEqual(draw(7, 100));
    expect(draw(7, 100)).not.toEqual(draw(8, 100));
  });

  it('is uniform in [0, 1)', () => {
    const numbers = draw(1, 10_000);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
  });
});

describe('seeded ids', () => {
  it('are order ids, all different, rising, and the same in every run', () => {
    const list = (seed?: number) => {
      const ids = createSeededIds(seed);
      return Array.from({ length: 1_000 }, () => ids.uuid());
    };
    const ids = list();
    expect(ids).toEqual(list(1));
    expect(ids).not.toEqual(list(2));
    expect(ids.every(isOrderId)).toBe(true);
    expect(new Set(ids).size).toBe(1_000);
    expect(ids).toEqual(ids.toSorted());
  });
});
