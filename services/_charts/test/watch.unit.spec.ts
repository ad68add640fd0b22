import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { repository } from '../src/generated-files.ts';
import { type Panel, panels } from '../src/panels.ts';
import { datadogNameOf } from '../src/render-dashboards.ts';

type Known = { readonly kind: string; readonly labels: ReadonlySet<string> };

/** What the services' sources register, by name. Each sample has its service besides. */
const known: ReadonlyMap<string, Known> = new Map(
  globSync('services/**/src/**/*.ts', { cwd: repository, exclude: ['**/node_modules/**', '**/*.spec.ts'] }).flatMap(
    (file) =>
      [...read(file).matchAll(/\b(counter|gauge|histogram)\(\{\s*name: '(\w+)'([\s\S]*?)\}\)/g)].map(
        ([, kind = '', name = '', rest = '']) => {
          const labels = /labels: \[([^\]]*)\]/.exec(rest)?.[1] ?? '';
          return [name, { kind, labels: new Set(['service', ...labels.matchAll(/\w+/g)].map(String)) }] as const;
        },
      ),
  ),
);
const kindsOf: Readonly<Record<Panel['show'], string>> = {
  rate: 'counter',
  increase: 'counter',
  p99: 'histogram',
  max: 'gauge',
  sum: 'gauge',
};

function read(file: string): string {
  return readFileSync(join(repository, file), 'utf8');
}

test('the sources say which metrics there are', () => {
  expect(known.get('http_requests_total')).toEqual({
    kind: 'counter',
    labels: new Set(['service', 'method', 'route', 'status']),
  });
  expect(known.size).toBeGreaterThan(20);
});

it.each(panels)('“$title” shows a metric that is there, as what it is, by labels that it has', (panel) => {
  const { metric, show, by = [], where = {} } = panel;
  const found = known.get(metric);
  expect(found?.kind).toBe(kindsOf[show]);
  for (const label of [...by, ...Object.keys(where)]) expect([...(found?.labels ?? [])]).toContain(label);
});

describe('an alert', () => {
  const rules = globSync('charts/*/templates/*.tpl', { cwd: repository }).flatMap((file) =>
    [...read(file).matchAll(/alert: (\w+)\n([\s\S]*?)\n\s*labels:/g)].map(([, name = '', condition = '']) => ({
      name,
      asked: [...condition.matchAll(/(\w+)[{[]/g)].map(([, metric = '']) => metric.replace(/_bucket$/, '')),
    })),
  );

  it.each(rules)('$name asks for metrics that are there', ({ asked }) => {
    expect(asked.length).toBeGreaterThan(0);
    // Whether a scrape went well, Prometheus says itself.
    for (const metric of asked) expect(['up', ...known.keys()]).toContain(metric);
  });

  it('is there for what each service can suffer, and for what is particular about some, and so is a monitor of Datadog', () => {
    const names = rules.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['CheckoutServiceDown', 'CheckoutOutboxBehind', 'CheckoutSagaNeedsOperator']),
    );
    const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
    const monitors = globSync('charts/checkout/files/datadog/monitor-*.json', { cwd: repository }).map(
      (file) => `Checkout${basename(file, '.json').split('-').slice(1).map(capital).join('')}`,
    );
    // How fast the budget burns, Datadog says of the objective itself.
    const ofBudget = ['CheckoutBudgetBurnsFast', 'CheckoutBudgetBurnsSlowly'];
    expect([...monitors, ...ofBudget].toSorted()).toEqual(names.toSorted());
  });
});

it.each(globSync('charts/checkout/files/datadog/*.json', { cwd: repository }))(
  '%s asks Datadog for what its agent makes of metrics that are there',
  (file) => {
    const made = new Set([...known.keys()].map(datadogNameOf));
    const asked = [...read(file).matchAll(/:([\w.]+)\{/g)].map(([, name = '']) => name);
    expect(asked.length).toBeGreaterThan(0);
    for (const name of asked) expect([...made]).toContain(name);
  },
);

test('the agent calls metrics what the dashboards and monitors call them', () => {
  const [, namespace] = /"namespace" "(\w+)"/.exec(read('charts/common/templates/_telemetry.tpl')) ?? [];
  expect(datadogNameOf('sagas')).toBe(`${namespace}.sagas`);
  expect(datadogNameOf('http_requests_total')).toBe(`${namespace}.http_requests.count`);
});
