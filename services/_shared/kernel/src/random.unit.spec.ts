import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs, stableFraction } from './index.ts';

describe('the stable fraction of a text', () => {
  it('lies in [0, 1) and is the same when asked again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const fraction = stableFraction(text);
        expect(fraction).toBeGreaterThanOrEqual(0);
        expect(fraction).toBeLessThan(1);
        expect(stableFraction(text)).toBe(fraction);
      }),
    );
  });

  it('spreads texts that differ by one digit evenly', () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let order = 0; order < 10_000; order += 1) {
      const tenth = Math.floor(stableFraction(`order-${order}#1`) * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});

describe('the wait before a try', () => {
  const settings = fc.record({
    attempt: fc.integer({ min: 1, max: 10_000 }),
    baseMs: fc.integer({ min: 1, max: 10_000 }),
    capMs: fc.integer({ min: 1, max: 3_600_000 }),
    seed: fc.string(),
  });

  it('is a whole number in the upper half below its ceiling, and the ceiling never exceeds the cap', () => {
    fc.assert(
      fc.property(settings, ({ attempt, baseMs, capMs, seed }) => {
        const wait = backoffMs(attempt, baseMs, capMs, seed);
        const ceiling = Math.min(capMs, baseMs * 2 ** (attempt - 1));
        expect(Number.isInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(Math.floor(ceiling / 2));
        expect(wait).toBeLessThanOrEqual(ceiling);
      }),
    );
  });

  it('is the same for the same stream and try, and differs between streams', () => {
    expect(backoffMs(3, 1_000, 60_000, 'a')).toBe(backoffMs(3, 1_000, 60_000, 'a'));
    const waits = new Set(Array.from({ length: 100 }, (_, order) => backoffMs(3, 1_000, 60_000, `order-${order}`)));
    expect(waits.size).toBeGreaterThan(90);
  });
});
