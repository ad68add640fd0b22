import type { Violation } from '@checkout/checker';
import type { SeedResult } from '../run/run-seed.ts';
import type { TraceLine } from '../world/trace.ts';
import type { Tally } from './tally.ts';

export type Failure = { readonly seed: number; readonly violations: readonly Violation[]; readonly error?: string };

const nameWidth = 44;
const countWidth = 12;
const maxListed = 20;

/** What the run came to, as lines for a terminal. */
export function reportLines(tally: Tally, seconds: number): readonly string[] {
  const share = (count: number) => `${((100 * count) / Math.max(1, tally.orders)).toFixed(1)} %`;
  const line = (name: string, ...cells: readonly string[]) =>
    `  ${name.padEnd(nameWidth)}${cells.map((cell) => cell.padStart(countWidth)).join('')}`;
  const byCount = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).toSorted(([, left], [, right]) => right - left);
  return [
    `${grouped(tally.seeds)} seeds in ${seconds.toFixed(1)} s (${(tally.seeds / Math.max(seconds, 0.001)).toFixed(1)}/s), ` +
      `${grouped(Math.round(tally.virtualMs / 3_600_000))} hours of virtual time, ${grouped(tally.steps)} steps`,
    '',
    line('final state', 'orders', 'share'),
    ...byCount(tally.states).map(([state, count]) => line(state, grouped(count), share(count))),
    '',
    line('fault', 'struck'),
    ...byCount(tally.strikes).map(([fault, count]) => line(fault, grouped(count))),
    '',
    `${((100 * tally.withCrash) / Math.max(1, tally.seeds)).toFixed(1)} % of the seeds had a crash, ${tally.quiet} had no fault at all`,
  ];
}

export function failureLines(failures: readonly Failure[], replay: (seed: number) => string): readonly string[] {
  const lines = failures
    .slice(0, maxListed)
    .flatMap(({ seed, violations, error }) => [
      '',
      `seed ${seed}`,
      ...(error === undefined ? [] : error.split('\n').map((text) => `  ${text}`)),
      ...violations.map(
        ({ invariant, code, orderId, detail }) =>
          `  ${invariant} ${code}${orderId === null ? '' : ` ${orderId}`}: ${detail}`,
      ),
      `  replay: ${replay(seed)}`,
    ]);
  const more = failures.length - maxListed;
  return more > 0 ? [...lines, '', `and ${more} more`] : lines;
}

/** What happened to the orders in question, and to everybody else what concerned no order. */
export function timeline({ trace, violations }: SeedResult, all: boolean): readonly string[] {
  const orders = new Set(violations.flatMap(({ orderId }) => (orderId === null ? [] : [orderId])));
  const isMeant = ({ orderId }: TraceLine) => all || orders.size === 0 || orderId === undefined || orders.has(orderId);
  return trace.filter(isMeant).map(({ atMs, who, what, orderId }) => {
    const about = orderId === undefined ? '' : `  ${orderId.slice(-8)}`;
    return `${(atMs / 1000).toFixed(3).padStart(10)} s  ${who.padEnd(17)} ${what}${about}`;
  });
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
