import { check, type Evidence } from '@checkout/checker';
import { goodRun } from '@checkout/checker/testing';
import { expect, test } from 'vitest';
import { createReport, formatReport } from './report.ts';

const reportOf = (evidence: Evidence) =>
  createReport({
    orders: 3,
    evidence,
    violations: check(evidence),
    acceptMs: [1.04, 2, 3],
    completionMs: [700],
    placingMs: 1_500,
    untilTheEndMs: 4_000,
    stats: { repeated: 2, awayMs: 2_500 },
  });

const evidence = goodRun(['completed', 'declined', 'with an operator']);

test('a report counts states, reasons, times and money', () => {
  expect(reportOf(evidence)).toMatchObject({
    acknowledged: 3,
    states: { COMPLETED: 1, FAILED: 1, NEEDS_OPERATOR: 1 },
    failures: { 'payment-declined': 1 },
    latencyMs: { accept: { p50: 2, p99: 3 }, completion: { p50: 700, p99: 700 } },
    seconds: { placing: 1.5, untilTheEnd: 4 },
    repeatedRequests: 2,
    awaySeconds: 2.5,
    currencies: [{ currency: 'EUR', net: 7996, demanded: 3998, undecided: 3998 }],
    needsOperator: ['o-3'],
    money: 'OK',
  });
});

test('for people it ends with the verdict', () => {
  const text = formatReport(reportOf(evidence));

  expect(text).toMatch(/^ {2}EUR +79\.96 +0\.00 +79\.96 +39\.98 +39\.98$/m);
  expect(text).toMatch(/^waits for an operator: o-3$/m);
  expect(text.endsWith('\nmoney: OK\n')).toBe(true);
});

test('what disagrees is listed, and more than a screen of it is counted', () => {
  const acknowledged = Array.from({ length: 25 }, (_, index) => ({
    userId: `lost-${index}`,
    key: `lost-${index}`,
    orderId: `lost-${index}`,
  }));
  const text = formatReport(reportOf({ ...evidence, acknowledged }));

  expect(text).toMatch(/^disagrees: lost-0 I1 order-missing: acknowledged to lost-0$/m);
  expect(text).toMatch(/^\.\.\. and \d+ more \(--json lists all\)$/m);
  expect(text).toMatch(/\nmoney: WRONG, \d+ violations\n$/);
});
