import { expect, test } from 'vitest';
import { summarizeMoney } from './summarize-money.ts';
import { goodRun } from './testing/index.ts';

test('the books are added up by currency beside what the orders demand', () => {
  const good = goodRun(['completed', 'completed', 'lost', 'with an operator', 'in review']);
  const inYen = <Item extends { orderId: string; currency: string }>(items: readonly Item[]) =>
    items.map((item) => (item.orderId === 'o-2' ? { ...item, currency: 'JPY' } : item));
  const stranger = { orderId: 'o-9', currency: 'EUR', authorized: 1, captured: 1, refunded: 0, voided: 0 };

  const summary = summarizeMoney({
    ...good,
    orders: inYen(good.orders),
    payments: [...inYen(good.payments), stranger],
  });

  expect(summary).toEqual({
    currencies: [
      { currency: 'EUR', captured: 11_994, refunded: 3998, net: 7996, demanded: 3998, undecided: 3998 },
      { currency: 'JPY', captured: 3998, refunded: 0, net: 3998, demanded: 3998, undecided: 0 },
    ],
    needsOperator: ['o-4'],
    inReview: ['o-5'],
    settledExternally: [],
  });
});

test('what a person has settled elsewhere is counted, and in no sum', () => {
  expect(summarizeMoney(goodRun(['settled externally']))).toMatchObject({ settledExternally: ['o-1'], currencies: [] });
});
