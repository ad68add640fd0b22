import { expect, test } from 'vitest';
import { createRetryBudget } from './retry-budget.ts';

test('a quiet dependency may retry as often as the reserve', () => {
  const budget = createRetryBudget(0.1, 2);

  expect([budget.spend(), budget.spend(), budget.spend()]).toEqual([true, true, false]);
});

test('in the long run there is one retry for ten calls', () => {
  const budget = createRetryBudget(0.1, 5);
  let retries = 0;
  for (let call = 0; call < 1000; call += 1) {
    budget.earn();
    if (budget.spend()) retries += 1;
  }

  expect(retries).toBeGreaterThanOrEqual(100);
  expect(retries).toBeLessThanOrEqual(105);
});

test('a long quiet time saves up no more than the reserve', () => {
  const budget = createRetryBudget(0.1, 1);
  for (let call = 0; call < 1000; call += 1) budget.earn();

  expect([budget.spend(), budget.spend()]).toEqual([true, false]);
});
