import type { AcceptFigures, Outcome } from './experiment.ts';

/** What a run of the command comes to. */
export type ChaosReport = {
  /** UTC, ISO 8601. */
  readonly startedAt: string;
  readonly bus: string;
  readonly perSecond: number;
  readonly instancesPerService: number;
  readonly outcomes: readonly Outcome[];
};

type Column = { readonly title: string; readonly of: (outcome: Outcome) => string };

const figure =
  (pick: (figures: NonNullable<Outcome['figures']>) => number | string) =>
  ({ figures }: Outcome) =>
    figures === undefined ? '' : String(pick(figures));
const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
const seconds = (ms: number) => (ms / 1_000).toFixed(1);
const accepted = ({ share201, p99Ms }: AcceptFigures) => `${(100 * share201).toFixed(1)} % ${p99Ms} ms`;

const columns: readonly Column[] = [
  { title: 'fault', of: ({ fault }) => fault },
  { title: 'verdict', of: ({ verdict }) => verdict },
  { title: 'orders', of: figure(({ orders }) => orders) },
  { title: 'acked', of: figure(({ acknowledged }) => acknowledged) },
  { title: 'dupes', of: figure(({ duplicatesSent }) => duplicatesSent) },
  { title: 'lost', of: figure(({ lost }) => lost) },
  { title: 'charged twice', of: figure(({ doubleCharged }) => doubleCharged) },
  { title: 'stuck', of: figure(({ stuck }) => stuck) },
  { title: 'failed tries', of: figure(({ failures }) => total(Object.values(failures))) },
  { title: '> 10 s', of: figure(({ slowOrders }) => slowOrders) },
  { title: 'fault s', of: figure(({ strikeMs }) => seconds(strikeMs)) },
  { title: 'to end s', of: figure(({ healedAfterMs }) => seconds(healedAfterMs)) },
  { title: '201 and p99 before', of: figure(({ accept }) => accepted(accept.before)) },
  { title: 'during', of: figure(({ accept }) => accepted(accept.during)) },
  { title: 'seen', of: ({ proof, reason }) => proof?.seen ?? reason ?? '' },
];

const maxSeen = 60;
const maxShown = 10;

/** The table for a terminal, what went wrong, and the verdict. */
export function formatReport({ outcomes }: ChaosReport): string {
  const rows = [columns.map(({ title }) => title), ...outcomes.map((one) => columns.map(({ of }) => of(one)))];
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => (row[index] ?? '').length)));
  const last = columns.length - 1;
  const lineOf = (row: readonly string[]) =>
    row
      .map((cell, index) => (index === last ? cell.slice(0, maxSeen) : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd();
  const broken = outcomes.filter(({ verdict }) => verdict === 'BROKEN');
  const skipped = outcomes.filter(({ verdict }) => verdict === 'skipped').length;
  return [
    '',
    ...rows.map(lineOf),
    '',
    ...broken.flatMap(wrongs),
    `${outcomes.length - broken.length - skipped} held, ${broken.length} broken, ${skipped} skipped`,
    '',
  ].join('\n');
}

/** A line for each thing that was not as it should be. */
export function wrongs({ fault, complaints, violations }: Outcome): readonly string[] {
  const shown = violations
    .slice(0, maxShown)
    .map(({ invariant, code, orderId, detail }) => `${invariant} ${code} ${orderId ?? ''} ${detail}`);
  const more = violations.length > maxShown ? [`and ${violations.length - maxShown} more`] : [];
  return [`${fault}:`, ...[...complaints, ...shown, ...more].map((line) => `  ${line}`), ''];
}

/** The same as a page that needs nothing else. */
export function pageOf(report: ChaosReport): string {
  const { outcomes, startedAt, bus, perSecond, instancesPerService } = report;
  const cells = (tag: 'th' | 'td', texts: readonly string[]) =>
    texts.map((text) => `<${tag}>${escaped(text)}</${tag}>`).join('');
  const rows = outcomes.map(
    (one) =>
      `<tr class="${one.verdict}">${cells(
        'td',
        columns.map(({ of }) => of(one)),
      )}</tr>`,
  );
  const wrong = outcomes.filter(({ verdict }) => verdict === 'BROKEN').flatMap(wrongs);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chaos report</title>
<style>
  body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem; color: #1d2433; background: #fff; }
  .scroll { overflow-x: auto; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid #d9dee8; white-space: nowrap; }
  .held td:nth-child(2) { color: #10683c; }
  .BROKEN td:nth-child(2) { color: #a8201a; font-weight: 700; }
  .skipped { color: #5b6579; }
</style>
<h1>Chaos report</h1>
<p>${escaped(startedAt)}, messages over ${escaped(bus)}, ${perSecond} orders/s, ${instancesPerService} processes of each service.</p>
<div class="scroll"><table>
<tr>${cells(
    'th',
    columns.map(({ title }) => title),
  )}</tr>
${rows.join('\n')}
</table></div>
${wrong.length === 0 ? '<p>Every invariant held.</p>' : `<pre>${escaped(wrong.join('\n'))}</pre>`}
</html>
`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);
}
