import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { runCommand } from '@checkout/cli';
import { checkCharts, renderGolden } from './check-charts.ts';
import { generatedFiles, repository } from './generated-files.ts';
import { goldenPath } from './golden.ts';
import { buildDependencies, installedHelms } from './helm.ts';

const helpText = `Checks the charts of charts/ with the tools that are installed, and says which are not.

  npm run charts                     all checks: lint, what is rendered, schemas of Kubernetes, the charts' own suites, a scan
  npm run charts -- --write          writes what is made from sources: values, their schemas, tables of READMEs, topics, and
                                     digests of what is rendered
  npm run charts -- --dependencies   packages into each chart what it depends on, for helm, skaffold and tilt

Environment: KUBE_SCHEMAS, folders or templates for kubeconform's -schema-location, with commas; without it, its own, which it
fetches. Exit: 0 all that could be checked is right, 1 something is not.
`;

const exitFailed = 1;

const flag = { type: 'boolean', default: false } as const;

process.exitCode = await runCommand({
  name: 'charts',
  helpText,
  read: () => parseArgs({ options: { help: { ...flag, short: 'h' }, write: flag, dependencies: flag } }).values,
  run(values) {
    if (values.write) return write();
    if (values.dependencies) return dependencies();
    const say = (line: string) => void process.stdout.write(`${line}\n`);
    return checkCharts({ say, schemas: schemasOf(process.env['KUBE_SCHEMAS']) }) ? 0 : exitFailed;
  },
});

function write(): number {
  for (const { path, text } of generatedFiles()) writeChanged(path, text);
  const [helm] = installedHelms();
  if (helm !== undefined) writeChanged(goldenPath, renderGolden(helm));
  else process.stdout.write(`${goldenPath}: left as it is, since Helm is not installed\n`);
  return 0;
}

function writeChanged(path: string, text: string): void {
  const file = join(repository, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  writeFileSync(file, text);
  process.stdout.write(`${path}: written\n`);
}

function dependencies(): number {
  const [helm] = installedHelms();
  if (helm === undefined) throw new Error('helm is not installed: 3.18 or newer is needed');
  buildDependencies(helm, join(repository, 'charts'));
  return 0;
}

function schemasOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').filter((location) => location !== '');
}
