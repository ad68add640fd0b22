import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from './generated-files.ts';
import { differencesFrom, goldenOf, goldenPath, type Rendered } from './golden.ts';
import { copyCharts, type Helm, installedHelms, run, template } from './helm.ts';
import { chartsInOrder, scenarios, valuesFiles } from './scenarios.ts';

export type CheckOptions = {
  readonly say: (line: string) => void;
  /** For kubeconform: folders, or templates of paths. */
  readonly schemas: readonly string[];
};

/** As `kubeconform` names it; of the definitions' examples, a release that the charts support. */
const kubernetesVersion = '1.37.1';
/** How kubeconform begins when the place of its schemas does not answer. It would say so for every object, slowly. */
const noSchemas = 'failed downloading schema';

/**
 * Every chart in every scenario, by every tool that is installed. What is not installed is named, so that a green run without it
 * is not taken for more than it is.
 *
 * @returns whether everything that could be checked is right
 */
export function checkCharts({ say, schemas }: CheckOptions): boolean {
  const helms = installedHelms();
  if (helms.length === 0) {
    say('helm: not installed, so that nothing of the charts was checked; 3.18 or newer is needed');
    return true;
  }
  const results = helms.map((helm) =>
    withCopy(helm, (charts) => {
      const { rendered, isRight } = lintAndRender(helm, charts, say);
      const isGolden = compareWithGolden(rendered, say);
      // What another generation of Helm renders is the same; the schemas and the suites need one of them.
      if (helm !== helms[0]) return isRight && isGolden;
      const further = [conform(rendered, schemas, say), unitTest(charts, say), scan(rendered, say)];
      return [isRight, isGolden, ...further].every(Boolean);
    }),
  );
  return results.every(Boolean);
}

/** @throws Error where a chart cannot be rendered */
export function renderGolden(helm: Helm): string {
  return withCopy(helm, (charts) => {
    const faults: string[] = [];
    const { rendered, isRight } = lintAndRender(helm, charts, (line) => faults.push(line));
    if (!isRight) throw new Error(faults.join('\n'));
    return goldenOf(rendered);
  });
}

function withCopy<Result>(helm: Helm, work: (charts: string) => Result): Result {
  const scratch = mkdtempSync(join(tmpdir(), 'checkout-charts-'));
  try {
    return work(copyCharts(helm, scratch));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function compareWithGolden(rendered: readonly Rendered[], say: CheckOptions['say']): boolean {
  const file = join(repository, goldenPath);
  const differences = differencesFrom(existsSync(file) ? readFileSync(file, 'utf8') : '', goldenOf(rendered));
  if (differences.length === 0) return true;
  say(`${goldenPath}: what is rendered is not what it says; if it is right, npm run charts -- --write`);
  for (const line of differences) say(`  ${line}`);
  return false;
}

function lintAndRender(helm: Helm, charts: string, say: CheckOptions['say']) {
  const rendered: Rendered[] = [];
  const faults: string[] = [];
  let linted = 0;
  for (const chart of chartsInOrder) {
    for (const scenario of scenarios) {
      const files = valuesFiles(chart, scenario, charts);
      if (files === undefined) continue;
      const given = files.flatMap((file) => ['--values', file]);
      const lint = run(helm.program, ['lint', '--strict', '--quiet', join(charts, chart), ...given]);
      linted += 1;
      if (!lint.ok) faults.push(`${chart} in ${scenario.name}: ${lint.stdout}${lint.stderr}`);
      const { ok, stdout, stderr } = template(helm, join(charts, chart), { files });
      if (ok) rendered.push({ chart, scenario: scenario.name, text: stdout });
      else faults.push(`${chart} in ${scenario.name}: ${stderr}`);
    }
  }
  say(`${helm.program} ${helm.version}: lint --strict of ${linted} charts in their scenarios, ${faults.length} faults`);
  for (const fault of faults) say(`  ${fault.trim()}`);
  return { rendered, isRight: faults.length === 0 };
}

function conform(rendered: readonly Rendered[], schemas: readonly string[], say: CheckOptions['say']): boolean {
  if (!run('kubeconform', ['-v']).ok)
    return missing('kubeconform', 'the objects are not held against the schemas of Kubernetes', say);
  const locations = (schemas.length === 0 ? ['default'] : schemas).flatMap((location) => [
    '-schema-location',
    location,
  ]);
  const args = [
    '-strict',
    '-ignore-missing-schemas',
    '-output',
    'json',
    '-summary',
    '-kubernetes-version',
    kubernetesVersion,
    ...locations,
  ];
  const totals = { valid: 0, invalid: 0, errors: 0, skipped: 0 };
  const skippedKinds = new Set<string>();
  for (const { chart, scenario, text } of rendered) {
    const { stdout, stderr } = run('kubeconform', [...args, '-verbose'], text);
    const report = parseReport(stdout);
    if (report === undefined) {
      say(`  ${chart} in ${scenario}: kubeconform says ${stderr}`);
      totals.errors += 1;
      continue;
    }
    for (const key of ['valid', 'invalid', 'errors', 'skipped'] as const) totals[key] += report.summary[key];
    const unreachable = report.resources.find(({ msg }) => msg.startsWith(noSchemas));
    if (unreachable !== undefined) {
      say(`kubeconform: ${unreachable.msg}`);
      say(
        '  Nothing is held against the schemas of Kubernetes without them: let it reach them, or set KUBE_SCHEMAS to a folder of them.',
      );
      return false;
    }
    for (const { status, kind, name, msg } of report.resources) {
      if (status === 'statusSkipped') skippedKinds.add(kind);
      if (status === 'statusInvalid' || status === 'statusError')
        say(`  ${chart} in ${scenario}: ${kind} ${name}: ${msg}`);
    }
  }
  const skipped = skippedKinds.size === 0 ? '' : ` (no schema for ${[...skippedKinds].toSorted().join(', ')})`;
  say(
    `kubeconform: ${totals.valid} valid, ${totals.invalid} invalid, ${totals.errors} errors, ${totals.skipped} skipped${skipped}`,
  );
  return totals.invalid + totals.errors === 0;
}

type Report = {
  readonly summary: Readonly<Record<'valid' | 'invalid' | 'errors' | 'skipped', number>>;
  readonly resources: readonly {
    readonly status: string;
    readonly kind: string;
    readonly name: string;
    readonly msg: string;
  }[];
};

function parseReport(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return undefined;
  }
}

function unitTest(charts: string, say: CheckOptions['say']): boolean {
  const command = [['untt'], ['helm', 'unittest']].find(
    ([program = '', ...first]) => run(program, [...first, '--help']).ok,
  );
  if (command === undefined) return missing('helm-unittest', 'the suites of charts/*/tests did not run', say);
  const [program = '', ...first] = command;
  const { ok, stdout, stderr } = run(program, [...first, ...chartsInOrder.map((chart) => join(charts, chart))]);
  const counts = stdout.match(/^(Charts|Test Suites|Tests): .*$/gm) ?? [];
  say(`${command.join(' ')}: ${counts.join('; ').replaceAll(/\s+/g, ' ')}`);
  if (!ok) say(stdout + stderr);
  return ok;
}

/**
 * What of its default set is otherwise on purpose: a CPU limit throttles probes too; a release's tag names one image for ever; a
 * container writes to nothing but volumes, each with its own limit.
 */
const otherwiseOnPurpose = [
  '--ignore-container-cpu-limit',
  '--ignore-test=container-image-pull-policy',
  '--ignore-test=container-ephemeral-storage-request-and-limit',
] as const;

/** What it finds beyond its default set is a matter of taste, and it has no idea of policies that select by our labels. */
function scan(rendered: readonly Rendered[], say: CheckOptions['say']): boolean {
  if (!run('kube-score', ['version']).ok) return missing('kube-score', 'nobody has scanned what is rendered', say);
  const texts = rendered.filter(
    ({ chart, scenario }) => chart === 'checkout' && (scenario === 'prod' || scenario === 'operators'),
  );
  const criticals = texts.flatMap(({ text }) => {
    const { stdout } = run('kube-score', ['score', '--output-format', 'ci', ...otherwiseOnPurpose, '-'], text);
    return stdout.split('\n').filter((line) => line.startsWith('[CRITICAL]'));
  });
  say(`kube-score: ${criticals.length} critical findings in ${texts.length} scenarios of production`);
  for (const line of criticals) say(`  ${line}`);
  return criticals.length === 0;
}

function missing(tool: string, what: string, say: CheckOptions['say']): true {
  say(`${tool}: not installed, so that ${what}`);
  return true;
}
