import { describe, expect, it } from 'vitest';
import { epochOf, epochsIn, nextEpochFacts } from './epochs.ts';
import { testIdentity } from './testing/index.ts';

const restores = [
  { epoch: 2, from: [11, 1] },
  { epoch: 3, from: [11, 7] },
];

describe('the epoch of a row', () => {
  it('is the first one in a log that was never restored', () => {
    expect(epochOf({ ...testIdentity, epoch: 1 }, { partition: 0, position: 1 })).toBe(1);
  });

  it.each([
    [0, 10, 1],
    [0, 11, 3],
    [1, 1, 2],
    [1, 6, 2],
    [1, 7, 3],
  ])('is the last that had begun: partition %i, position %i: %i', (partition, position, epoch) => {
    expect(epochOf({ ...testIdentity, epoch: 1, restores }, { partition, position })).toBe(epoch);
  });
});

describe('a database', () => {
  const created = new Map([
    ['logId', 'a log'],
    ['epoch', '1'],
  ]);

  it('that was never restored has its first epoch alone', () => {
    expect(epochsIn(created)).toEqual({ epoch: 1 });
  });

  it('keeps the epoch that each restore begins, also the tenth', () => {
    const facts = new Map(created);
    const begin = (from: readonly number[]) => {
      for (const [name, value] of nextEpochFacts(facts, from)) facts.set(name, value);
    };
    begin([11, 1]);
    begin([11, 7]);
    expect(epochsIn(facts)).toEqual({ epoch: 1, restores });

    for (let restore = 3; restore <= 10; restore += 1) begin([20 + restore, 9]);
    expect(epochsIn(facts).restores?.at(-1)).toEqual({ epoch: 11, from: [30, 9] });
  });
});
