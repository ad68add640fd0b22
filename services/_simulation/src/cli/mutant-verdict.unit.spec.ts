import { describe, expect, it } from 'vitest';
import { type Caught, verdictOf } from './mutant-verdict.ts';

const result = (name: string, afterSeeds: number | undefined, masked?: string): Caught => ({
  mutant: { name, defence: 'd', changes: [], ...(masked !== undefined && { masked }) },
  afterSeeds,
  by: '',
});

describe('the verdict on the mutants', () => {
  it('is well when each is found out, or stands behind another one as it says', () => {
    expect(verdictOf([result('a', 3), result('b', undefined, 'by a')], 300)).toEqual({
      ok: true,
      text: 'OK: 1 defences were found missing, 1 are masked by others',
    });
  });

  it('names those that nobody missed', () => {
    expect(verdictOf([result('a', 3), result('b', undefined)], 300)).toEqual({
      ok: false,
      text: 'MISSED within 300 seeds: b',
    });
  });

  it('believes no reason that a seed contradicts', () => {
    expect(verdictOf([result('a', 3, 'by nothing')], 300)).toMatchObject({ ok: false });
  });
});
