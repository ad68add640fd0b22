import { describe, expect, it } from 'vitest';
import type { Outcome } from './experiment.ts';
import { type ChaosReport, formatReport, pageOf } from './report.ts';

const accept = { tries: 100, share201: 0.995, p99Ms: 42 };
const held: Outcome = {
  fault: 'mysql-hung',
  verdict: 'held',
  proof: { times: 1, seen: 'no answer for 20 s' },
  figures: {
    orders: 310,
    acknowledged: 301,
    duplicatesSent: 90,
    lost: 0,
    doubleCharged: 0,
    stuck: 0,
    failures: { 503: 10, reset: 2 },
    slowOrders: 3,
    operatorRetries: 0,
    crashes: 0,
    strikeMs: 20_040,
    healedAfterMs: 3_210,
    accept: { before: accept, during: accept },
  },
  violations: [],
  complaints: [],
};
const broken: Outcome = {
  ...held,
  fault: 'kafka-gone',
  verdict: 'BROKEN',
  violations: [{ invariant: 'I3', code: 'net-differs', orderId: 'o-1', detail: 'is COMPLETED <b>' }],
  complaints: ['not everything came to its end in time'],
};
const skipped: Outcome = {
  fault: 'rabbitmq-gone',
  verdict: 'skipped',
  reason: 'the bus is Kafka',
  violations: [],
  complaints: [],
};
const reportOf = (...outcomes: readonly Outcome[]): ChaosReport => ({
  startedAt: '2026-01-01T00:00:00.000Z',
  bus: 'kafka',
  perSecond: 15,
  instancesPerService: 2,
  outcomes,
});

describe('the report of a run', () => {
  it('has a line for each fault, with its figures and what was seen', () => {
    const line = formatReport(reportOf(held)).split('\n')[2];
    expect(line?.split(/ {2,}/)).toEqual([
      'mysql-hung',
      'held',
      '310',
      '301',
      '90',
      '0',
      '0',
      '0',
      '12',
      '3',
      '20.0',
      '3.2',
      '99.5 % 42 ms',
      '99.5 % 42 ms',
      'no answer for 20 s',
    ]);
  });

  it('says what was broken, why something was skipped, and counts', () => {
    const text = formatReport(reportOf(held, broken, skipped));
    expect(text).toContain('  I3 net-differs o-1 is COMPLETED <b>');
    expect(text).toContain('  not everything came to its end in time');
    expect(text).toContain('the bus is Kafka');
    expect(text).toContain('1 held, 1 broken, 1 skipped');
  });

  it('is a page as well, in which nothing that was seen is markup', () => {
    const page = pageOf(reportOf(held, broken));
    expect(page).toContain('<td>mysql-hung</td>');
    expect(page).toContain('is COMPLETED &lt;b&gt;');
    expect(pageOf(reportOf(held))).toContain('Every invariant held.');
  });
});
