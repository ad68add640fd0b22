import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { common, serviceCharts } from '../src/charts.ts';
import { repository } from '../src/generated-files.ts';
import { chartsInOrder, scenarios } from '../src/scenarios.ts';

const folder = join(repository, 'charts');
const read = (...path: readonly string[]) => readFileSync(join(folder, ...path), 'utf8');
/** Without what Helm packages into a chart. */
const sources = globSync('*/templates/**/*.{yaml,tpl,txt}', { cwd: folder }).toSorted();

type ChartFile = {
  readonly name: string;
  readonly version: string;
  readonly appVersion?: string;
  readonly kubeVersion: string;
  readonly dependencies?: readonly { readonly name: string; readonly version: string; readonly repository: string }[];
};
const chartFile = (name: string) => parse(read(name, 'Chart.yaml')) as ChartFile;

describe('the charts', () => {
  it('have one version, and want each other in that version', () => {
    const all = [common.name, ...chartsInOrder].map(chartFile);
    expect(new Set(all.map(({ version }) => version)).size).toBe(1);
    const wanted = all.flatMap(({ dependencies = [] }) => dependencies);
    expect(new Set(wanted.map(({ version }) => version))).toEqual(new Set([all[0]!.version]));
    expect(wanted.every(({ name, repository: where }) => where === `file://../${name}`)).toBe(true);
  });

  it.each(sources)('%s renders the same twice, with a cluster or without', (file) => {
    const banned =
      /\b(lookup|rand\w+|now|genCA|genSelfSignedCert|genPrivateKey|uuidv4)\b(?=[ (])|\.Release\.(Revision|IsInstall|IsUpgrade)|APIVersions/;
    const templates = read(file).matchAll(/\{\{-?(?!\/\*)[\s\S]*?\}\}/g);
    for (const [action] of templates) expect(action.replaceAll(/"[^"]*"/g, '""')).not.toMatch(banned);
  });

  it.each(serviceCharts)('%s has the templates of every service', (name) => {
    const templates = globSync('**/*.yaml', { cwd: join(folder, name, 'templates') }).toSorted();
    const included = templates.map((file) => /common\.(\w+)/.exec(read(name, 'templates', file))?.[1]);
    const always = [
      'deployment',
      'serviceObject',
      'serviceAccount',
      'configMap',
      'networkPolicies',
      'serviceMonitor',
      'prometheusRule',
      'testPod',
    ];
    expect(included).toEqual(expect.arrayContaining(always));
    if (name === 'sandbox') return;
    const scaled = [
      'podDisruptionBudget',
      'horizontalPodAutoscaler',
      'scaledObject',
      'triggerAuthentication',
      'migrateJob',
    ];
    expect(included).toEqual(expect.arrayContaining(scaled));
  });

  it('speak of one kind in each template', () => {
    for (const file of globSync('*/templates/**/*.yaml', { cwd: folder })) {
      const kinds = new Set([...read(file).matchAll(/^kind: (\w+)/gm)].map(([, kind]) => kind));
      expect(kinds.size, file).toBeLessThanOrEqual(1);
    }
  });

  it('want nothing of a certain Ingress controller, and nothing of Bitnami', () => {
    for (const file of globSync('*/**/*.{yaml,tpl,md}', { cwd: folder })) {
      expect(read(file), file).not.toMatch(/nginx\.ingress|traefik\.ingress|haproxy\.org|bitnami\//);
    }
  });
});

describe('the scenarios', () => {
  it('hold global settings alone, so that they go with the umbrella and with each service’s chart', () => {
    const files = new Set(scenarios.flatMap(({ values }) => values));
    for (const file of files) expect(Object.keys(parse(read(file)) as object), file).toEqual(['global']);
  });

  it('are all of those in the folder', () => {
    const inFolder = globSync('*-values.yaml', { cwd: join(folder, 'checkout', 'ci') });
    expect(inFolder.map((file) => file.replace('-values.yaml', '')).toSorted()).toEqual(
      scenarios.map(({ name }) => name).toSorted(),
    );
  });
});
