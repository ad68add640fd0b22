import type { LogSize } from '../growth/log-size.ts';
import { median } from '../stats.ts';
import type { Goal, Ratio, Report, Run } from './report.ts';
import { type Column, formatTable } from './table.ts';

const bytesPerMebibyte = 2 ** 20;

/** The report for people: the machine, the ratios, then the medians of what was measured. */
export function formatReport(report: Report): string {
  const { machine, ratios, logSizes, runs, secondsPerRun } = report;
  const { cpu, cores, memoryBytes, node, kernel, syncMs, loadAverage } = machine;
  const memory = `${Math.round(memoryBytes / 2 ** 30)} GiB`;
  const rounds = Math.max(1, ...runs.map(({ round }) => round));
  const ofProcesses = formatProcesses(runs);
  const sections = [
    `${cpu}, ${cores} cores, ${memory}, ${kernel}, Node ${node}\n` +
      `a synced write of 4 KiB: p50 ${number(syncMs.p50)} ms, p99 ${number(syncMs.p99)} ms; load before the run ${number(loadAverage)}\n` +
      `${rounds} rounds of ${secondsPerRun} s each, medians; everything durable\n`,
    ...(ratios.length === 0 ? [] : [formatRatios(ratios)]),
    ...(runs.length === 0 ? [] : [formatRuns(runs)]),
    ...(ofProcesses === undefined ? [] : [ofProcesses]),
    ...(logSizes.length === 0 ? [] : [formatSizes(logSizes)]),
  ];
  return `\n${sections.join('\n')}`;
}

const ratioColumns: readonly Column[] = [
  { title: '', align: 'left' },
  { title: 'ratio', align: 'left' },
  { title: 'median', align: 'right' },
  { title: 'between', align: 'right' },
  { title: 'goal', align: 'right' },
  { title: '', align: 'left' },
];

function formatRatios(ratios: readonly Ratio[]): string {
  const rows = ratios.map(({ benchmark, what, median: middle, min, max, goal }) => [
    benchmark,
    what,
    middle.toFixed(2),
    `${min.toFixed(2)} - ${max.toFixed(2)}`,
    goal === undefined ? '' : goalText(goal),
    goal === undefined ? '' : isMet(goal, middle) ? 'met' : 'missed',
  ]);
  return formatTable(ratioColumns, rows);
}

const runColumns: readonly Column[] = [
  { title: '', align: 'left' },
  { title: 'variant', align: 'left' },
  { title: 'at once', align: 'right' },
  { title: 'per second', align: 'right' },
  { title: 'p50 ms', align: 'right' },
  { title: 'p99 ms', align: 'right' },
  { title: 'CPU us each', align: 'right' },
  { title: 'load CPU us', align: 'right' },
  { title: 'RSS MiB', align: 'right' },
  { title: 'other CPU', align: 'right' },
];

/** The rounds of each variant. */
function groupsOf(runs: readonly Run[]): readonly (readonly Run[])[] {
  const groups = Map.groupBy(runs, ({ benchmark, variant, concurrency }) =>
    [benchmark, variant, concurrency].join('\n'),
  );
  return [...groups.values()];
}

function formatRuns(runs: readonly Run[]): string {
  const rows = groupsOf(runs).map((members) => {
    const first = members[0] as Run;
    const middle = (read: (run: Run) => number) => median(members.map(read));
    return [
      first.benchmark,
      first.variant,
      String(first.concurrency),
      number(middle(({ perSecond }) => perSecond)),
      number(middle(({ p50Ms }) => p50Ms)),
      number(middle(({ p99Ms }) => p99Ms)),
      number(middle(({ cpuUsPerOperation }) => cpuUsPerOperation)),
      number(middle(({ loadCpuUsPerOperation }) => loadCpuUsPerOperation)),
      number(middle(({ rssBytes }) => rssBytes) / bytesPerMebibyte),
      `${Math.round(middle(({ otherCpuShare }) => otherCpuShare) * 100)} %`,
    ];
  });
  return formatTable(runColumns, rows);
}

const processColumns: readonly Column[] = [
  { title: '', align: 'left' },
  { title: 'variant', align: 'left' },
  { title: 'at once', align: 'right' },
  { title: 'process', align: 'left' },
  { title: 'CPU us each', align: 'right' },
  { title: 'RSS MiB', align: 'right' },
];

/** What each process took, where several are the server. */
function formatProcesses(runs: readonly Run[]): string | undefined {
  const rows = groupsOf(runs).flatMap((members) => {
    const [first] = members as readonly [Run, ...Run[]];
    return Object.keys(first.byProcess ?? {}).map((name) => {
      const middle = (read: (of: { cpuUsPerOperation: number; rssBytes: number }) => number) =>
        median(members.flatMap(({ byProcess }) => (byProcess?.[name] ? [read(byProcess[name])] : [])));
      return [
        first.benchmark,
        first.variant,
        String(first.concurrency),
        name,
        number(middle(({ cpuUsPerOperation }) => cpuUsPerOperation)),
        number(middle(({ rssBytes }) => rssBytes) / bytesPerMebibyte),
      ];
    });
  });
  return rows.length === 0 ? undefined : formatTable(processColumns, rows);
}

const sizeColumns: readonly Column[] = [
  { title: 'orders in the logs', align: 'right' },
  { title: 'rows', align: 'right' },
  { title: 'files MiB', align: 'right' },
  { title: 'filled orders/s', align: 'right' },
  { title: 'rows/s', align: 'right' },
];

function formatSizes(sizes: readonly LogSize[]): string {
  const rows = sizes.map(({ orders, rows: count, bytes, filledOrdersPerSecond, filledRowsPerSecond }) => [
    number(orders),
    number(count),
    number(bytes / bytesPerMebibyte),
    number(filledOrdersPerSecond),
    number(filledRowsPerSecond),
  ]);
  return formatTable(sizeColumns, rows);
}

function goalText(goal: Goal): string {
  return 'atLeast' in goal ? `>= ${goal.atLeast}` : `<= ${goal.atMost}`;
}

function isMet(goal: Goal, value: number): boolean {
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;
}

/** Three digits that mean something; thousands apart. */
function number(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
