import { type Ids, uuidV7 } from '../ids.ts';
import type { Random } from '../random.ts';

/** Mulberry32 (Tommy Ettinger's 32-bit generator): small, fast, good enough for tests, the same on every machine. */
export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = state;
      mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
    },
  };
}

/** Ids that are the same in every run: a counter for the time part, seeded bytes for the rest. */
export function createSeededIds(seed = 1): Ids {
  const random = createSeededRandom(seed);
  let unixMs = Date.UTC(2026, 0, 1);
  return {
    uuid() {
      unixMs += 1;
      return uuidV7(
        unixMs,
        Uint8Array.from({ length: 10 }, () => Math.floor(random.next() * 256)),
      );
    },
  };
}
