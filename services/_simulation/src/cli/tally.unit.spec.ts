import { expect, it } from 'vitest';
import { faultTitles, providerFaultTitles } from '../storm/faults.ts';
import { emptyTally, type Tally, vacuities } from './tally.ts';

const everything = Object.fromEntries(
  [...Object.values(faultTitles), ...providerFaultTitles].map((title) => [title, 1]),
);
const stormy: Tally = { ...emptyTally, seeds: 1_000, withCrash: 400, strikes: everything };

it('a run in which every fault struck and many processes crashed proves something', () => {
  expect(vacuities(stormy)).toEqual([]);
});

it('a run in which a fault never struck does not', () => {
  const { 'psp late': _late, ...strikes } = everything;
  expect(vacuities({ ...stormy, strikes })).toEqual(['never struck: psp late']);
});

it('a run in which hardly anything crashed does not', () => {
  expect(vacuities({ ...stormy, withCrash: 299 })).toEqual(['only 29.9 % of the seeds had a crash']);
});

it('a run in which many seeds had no fault does not', () => {
  expect(vacuities({ ...stormy, quiet: 11 })).toEqual(['11 seeds had no fault at all']);
});

it('a short run claims nothing', () => {
  expect(vacuities({ ...stormy, seeds: 999, strikes: {} })).toEqual([]);
});
