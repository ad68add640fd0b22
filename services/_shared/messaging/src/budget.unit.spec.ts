import { expect, it } from 'vitest';
import { createBudget } from './budget.ts';

it('is held by as many as fit, and served in the order of asking', async () => {
  const budget = createBudget(10);
  const served: string[] = [];
  const take = (name: string, count: number) =>
    budget.take(count).then((share) => {
      served.push(name);
      return share;
    });
  const first = take('first', 6);
  const large = take('large', 8);
  const small = take('small', 2);
  const share = await first;
  // The small one would fit, and would keep the large one from ever being served if it were let in.
  expect(served).toEqual(['first']);

  share.keep(2);
  await large;
  expect(served).toEqual(['first', 'large']);

  share.keep(0);
  await small;
  expect(served).toEqual(['first', 'large', 'small']);
});

it('has all of it again when every share was given back, however often', async () => {
  const budget = createBudget(3);
  for (let round = 0; round < 3; round += 1) {
    const share = await budget.take(3);
    share.keep(1);
    share.keep(0);
    share.keep(0);
  }
  await expect(budget.take(3)).resolves.toBeDefined();
});
