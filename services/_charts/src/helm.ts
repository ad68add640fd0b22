import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { repository } from './generated-files.ts';
import { chartsInOrder } from './scenarios.ts';

const limitMs = 120_000;
const maxOutputBytes = 64 * 1024 * 1024;

export type Ran = { readonly ok: boolean; readonly stdout: string; readonly stderr: string };

/** @returns not `ok` also when there is no such program, or it takes too long */
export function run(program: string, args: readonly string[], input = ''): Ran {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: limitMs,
    maxBuffer: maxOutputBytes,
    input,
  });
  return { ok: status === 0, stdout: stdout ?? '', stderr: (stderr ?? '') + (error?.message ?? '') };
}

export type Helm = { readonly program: string; readonly version: string };

/** Helm by its usual names: those of the charts' users are of two generations. */
export function installedHelms(): readonly Helm[] {
  const found = ['helm', 'helm3', 'helm4'].flatMap((program) => {
    const { ok, stdout } = run(program, ['version', '--template', '{{.Version}}']);
    return ok ? [{ program, version: stdout.trim() }] : [];
  });
  return found.filter(({ version }, index) => found.findIndex((other) => other.version === version) === index);
}

/**
 * Packages into each chart what it depends on. Helm's own command neither goes down to a dependency's dependencies nor looks
 * whether what it packaged before has changed.
 *
 * @param charts a folder of charts, which is changed
 * @throws Error with Helm's own words
 */
export function buildDependencies({ program }: Helm, charts: string): void {
  for (const chart of chartsInOrder) {
    rmSync(join(charts, chart, 'charts'), { recursive: true, force: true });
    rmSync(join(charts, chart, 'Chart.lock'), { force: true });
    const { ok, stderr } = run(program, ['dependency', 'build', join(charts, chart)]);
    if (!ok) throw new Error(`${chart}: ${stderr}`);
  }
}

/** All charts with their dependencies, in a folder that may be changed. */
export function copyCharts(helm: Helm, to: string): string {
  const charts = join(to, 'charts');
  const isSource = (path: string) => !/\/charts\/[^/]+\/(charts|Chart\.lock)$/.test(path);
  cpSync(join(repository, 'charts'), charts, { recursive: true, filter: isSource });
  buildDependencies(helm, charts);
  return charts;
}

/** An object of Kubernetes, as far as checks look into it. */
export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // oxlint-disable-next-line typescript/no-explicit-any -- Manifests of every kind; a test says what it expects of each.
  readonly [field: string]: any;
};

export type TemplateOptions = {
  readonly files?: readonly string[];
  /** As YAML, after the files. */
  readonly values?: string;
  readonly extra?: readonly string[];
};

/** What a chart renders, or why it refuses. */
export function template({ program }: Helm, chart: string, { files = [], values, extra = [] }: TemplateOptions): Ran {
  const given = files.flatMap((file) => ['--values', file]);
  const more = values === undefined ? [] : ['--values', '-'];
  return run(program, ['template', 'shop', chart, '--namespace', 'checkout', ...given, ...more, ...extra], values);
}

export function manifestsIn(rendered: string): readonly Manifest[] {
  return parseAllDocuments(rendered)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}
