import type { Random } from '@checkout/kernel';
import { createSeededRandom } from '@checkout/kernel/testing';

/** Draws from a seed. Each named fork is a source of its own, so that one more draw here changes nothing there. */
export type Dice = Random & {
  /** True with this probability. */
  readonly chance: (probability: number) => boolean;
  /** A whole number from `min` up to and including `max`. */
  readonly between: (min: number, max: number) => number;
  readonly pick: <Value>(values: readonly [Value, ...Value[]]) => Value;
  readonly fork: (name: string) => Dice;
};

export function createDice(seed: number | string): Dice {
  const random = createSeededRandom(hash32(String(seed)));
  const between = (min: number, max: number) => min + Math.floor(random.next() * (max - min + 1));
  return {
    next: () => random.next(),
    chance: (probability) => random.next() < probability,
    between,
    pick: (values) => values[between(0, values.length - 1)] ?? values[0],
    fork: (name) => createDice(`${seed}/${name}`),
  };
}

/** FNV-1a, mixed at the end (the finalizer of MurmurHash3), so that neighbouring seeds have nothing in common. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
