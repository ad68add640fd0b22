import { expect, test } from 'vitest';
import { checkMoney, type Evidence, type OrderAtEnd } from './check-money.ts';
import { createReport, formatReport } from './report.ts';

const order = (parts: Partial<OrderAtEnd>): OrderAtEnd => ({
  orderId: 'o-1',
  userId: 'u-1',
  status: 'COMPLETED',
  currency: 'EUR',
  total: 3998,
  failureCode: undefined,
  waitsFor: undefined,
  ...parts,
});

const reportOf = (evidence: Evidence) =>
  createReport({
    orders: 3,
    evidence,
    verdict: checkMoney(evidence),
    acceptMs: [1.04, 2, 3],
    completionMs: [700],
    placingMs: 1_500,
    untilTheEndMs: 4_000,
    stats: { repeated: 2, awayMs: 2_500 },
  });

const evidence: Evidence = {
  acknowledged: [{ userId: 'u-1', orderId: 'o-1' }],
  orders: [
    order({}),
    order({ orderId: 'o-2', userId: 'u-2', status: 'FAILED', failureCode: 'payment-declined' }),
    order({ orderId: 'o-3', userId: 'u-3', status: 'PAID', waitsFor: 'operator' }),
  ],
  payments: [{ orderId: 'o-1', currency: 'EUR', authorized: 3998, captured: 3998, refunded: 0, voided: 0 }],
  shipments: [{ orderId: 'o-1', state: 'DELIVERED' }],
};

test('a report counts states, reasons, times and money', () => {
  expect(reportOf(evidence)).toMatchObject({
    acknowledged: 1,
    states: { COMPLETED: 1, FAILED: 1, NEEDS_OPERATOR: 1 },
    failures: { 'payment-declined': 1 },
    latencyMs: { accept: { p50: 2, p99: 3 }, completion: { p50: 700, p99: 700 } },
    seconds: { placing: 1.5, untilTheEnd: 4 },
    repeatedRequests: 2,
    awaySeconds: 2.5,
    currencies: [{ currency: 'EUR', net: 3998, demanded: 3998 }],
    needsOperator: ['o-3'],
    money: 'OK',
  });
});

test('for people it ends with the verdict', () => {
  const text = formatReport(reportOf(evidence));

  expect(text).toMatch(/^ {2}EUR +39\.98 +0\.00 +39\.98 +39\.98 +0\.00$/m);
  expect(text).toMatch(/^waits for an operator: o-3$/m);
  expect(text.endsWith('\nmoney: OK\n')).toBe(true);
});

test('what disagrees is listed, and more than a screen of it is counted', () => {
  const acknowledged = Array.from({ length: 25 }, (_, index) => ({ userId: `u-${index}`, orderId: `lost-${index}` }));
  const text = formatReport(reportOf({ ...evidence, acknowledged }));

  expect(text).toMatch(/^disagrees: lost-0 order-missing: acknowledged to u-0$/m);
  expect(text).toMatch(/^\.\.\. and \d+ more \(--json lists all\)$/m);
  expect(text).toMatch(/\nmoney: WRONG, \d+ findings\n$/);
});
