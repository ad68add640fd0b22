import { type CurrencyLine, type Evidence, summarizeMoney, type Violation } from '@checkout/checker';
import { formatMoney } from '@checkout/kernel';
import type { ClientStats } from '@checkout/load';
import { percentile } from './percentile.ts';

/** What a run comes to, as `--json` prints it. */
export type RunReport = {
  readonly orders: number;
  readonly acknowledged: number;
  /** Orders by status; those that wait for an operator apart. */
  readonly states: Readonly<Record<string, number>>;
  /** Why orders failed or were cancelled. */
  readonly failures: Readonly<Record<string, number>>;
  readonly latencyMs: { readonly accept: Percentiles; readonly completion: Percentiles };
  readonly seconds: { readonly placing: number; readonly untilTheEnd: number };
  readonly repeatedRequests: number;
  readonly awaySeconds: number;
  readonly currencies: readonly CurrencyLine[];
  readonly needsOperator: readonly string[];
  /** OK only when no invariant at all was violated. */
  readonly money: 'OK' | 'WRONG';
  readonly violations: readonly Violation[];
};

type Percentiles = { readonly p50: number | undefined; readonly p99: number | undefined };

export function createReport(run: {
  readonly orders: number;
  readonly evidence: Evidence;
  readonly violations: readonly Violation[];
  readonly acceptMs: readonly number[];
  readonly completionMs: readonly number[];
  readonly placingMs: number;
  readonly untilTheEndMs: number;
  readonly stats: ClientStats;
}): RunReport {
  const { evidence, violations, stats } = run;
  const { currencies, needsOperator } = summarizeMoney(evidence);
  return {
    orders: run.orders,
    acknowledged: evidence.acknowledged.length,
    states: tally(evidence.orders.map(({ status, waitsFor }) => (waitsFor === 'operator' ? 'NEEDS_OPERATOR' : status))),
    failures: tally(evidence.orders.flatMap(({ failureCode }) => failureCode ?? [])),
    latencyMs: { accept: percentilesOf(run.acceptMs), completion: percentilesOf(run.completionMs) },
    seconds: { placing: inSeconds(run.placingMs), untilTheEnd: inSeconds(run.untilTheEndMs) },
    repeatedRequests: stats.repeated,
    awaySeconds: inSeconds(stats.awayMs),
    currencies,
    needsOperator,
    money: violations.length === 0 ? 'OK' : 'WRONG',
    violations,
  };
}

const columnWidth = 18;
/** More violations than this help nobody; `--json` has them all. */
const maxShown = 20;

/** The report for people, ending with the verdict. */
export function formatReport(report: RunReport): string {
  const { states, failures, latencyMs, seconds, currencies, needsOperator, violations } = report;
  const perSecond = Math.round(report.acknowledged / Math.max(seconds.placing, 0.001));
  const lines = [
    '',
    `${report.acknowledged} of ${report.orders} orders accepted in ${seconds.placing} s (${perSecond}/s), all at rest after ${seconds.untilTheEnd} s`,
    ...(report.repeatedRequests === 0
      ? []
      : [`${report.repeatedRequests} requests sent again, away for ${report.awaySeconds} s`]),
    '',
    row('final state', 'orders'),
    ...Object.entries(states).map(([state, count]) => row(state, String(count))),
    '',
    row('reason', 'orders'),
    ...Object.entries(failures).map(([code, count]) => row(code, String(count))),
    '',
    row('latency', 'p50', 'p99'),
    row('accept', milliseconds(latencyMs.accept.p50), milliseconds(latencyMs.accept.p99)),
    row('to completion', milliseconds(latencyMs.completion.p50), milliseconds(latencyMs.completion.p99)),
    '',
    row('money', 'captured', 'refunded', 'net', 'orders demand', 'undecided'),
    ...currencies.map(moneyRow),
    '',
    ...listed('waits for an operator', needsOperator),
    ...listed(
      'disagrees',
      violations.map(({ invariant, orderId, code, detail }) => `${orderId ?? '-'} ${invariant} ${code}: ${detail}`),
    ),
    `money: ${report.money === 'OK' ? 'OK' : `WRONG, ${violations.length} violations`}`,
  ];
  return `${lines.join('\n')}\n`;
}

function moneyRow({ currency, captured, refunded, net, demanded, undecided }: CurrencyLine): string {
  const amounts = [captured, refunded, net, demanded, undecided];
  return row(
    currency,
    ...amounts.map((amountMinor) => formatMoney({ currency, amountMinor }).replace(` ${currency}`, '')),
  );
}

function listed(title: string, entries: readonly string[]): readonly string[] {
  const more = entries.length > maxShown ? [`... and ${entries.length - maxShown} more (--json lists all)`] : [];
  return [...entries.slice(0, maxShown).map((entry) => `${title}: ${entry}`), ...more];
}

function row(first: string, ...cells: readonly string[]): string {
  return `  ${first.padEnd(columnWidth + 4)}${cells.map((cell) => cell.padStart(columnWidth)).join('')}`;
}

function tally(names: readonly string[]): Readonly<Record<string, number>> {
  const counts = [...Map.groupBy(names, (name) => name)].map(([name, members]) => [name, members.length] as const);
  return Object.fromEntries(counts.toSorted(([, left], [, right]) => right - left));
}

function percentilesOf(values: readonly number[]): Percentiles {
  return { p50: rounded(percentile(values, 0.5)), p99: rounded(percentile(values, 0.99)) };
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 10) / 10;
}

function inSeconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '-' : `${value} ms`;
}
