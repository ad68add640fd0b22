import { join } from 'node:path';
import { serviceCharts } from './charts.ts';

/** A way in which the charts are installed. Every check goes through all of them. */
export type Scenario = {
  readonly name: string;
  /** Values files of the umbrella and of each service’s chart, in order. They hold `global` alone, so that they go with both. */
  readonly values: readonly string[];
  /** The same for the chart `infrastructure`, where the scenario has one of its own. */
  readonly infrastructure?: readonly string[];
};

const [dev, prod] = ['checkout/values-dev.yaml', 'checkout/values-prod.yaml'];
const ci = (name: string) => `checkout/ci/${name}-values.yaml`;
const operators = [prod, ci('operators')];

export const scenarios: readonly Scenario[] = [
  { name: 'dev', values: [dev, ci('dev')], infrastructure: ['infrastructure/values-dev.yaml'] },
  {
    name: 'prod',
    values: [prod, ci('prod')],
    infrastructure: [prod, ci('prod'), 'infrastructure/ci/prod-values.yaml'],
  },
  {
    name: 'operators',
    values: operators,
    infrastructure: [...operators, 'infrastructure/values-prod.yaml', 'infrastructure/ci/operators-values.yaml'],
  },
  { name: 'keda', values: [...operators, ci('keda')] },
  { name: 'gateway', values: [...operators, ci('gateway')] },
  { name: 'datadog-sidecar', values: [...operators, ci('datadog-sidecar')] },
  { name: 'datadog-daemonset', values: [...operators, ci('datadog-daemonset')] },
  { name: 'otel', values: [dev, ci('otel')], infrastructure: ['infrastructure/values-operators-dev.yaml'] },
];

export const scenarioOf = (name: string): Scenario => {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`${name} is no scenario`);
  return found;
};

/** Leaves first: a chart takes up what its dependencies are at that moment. */
export const chartsInOrder: readonly string[] = [...serviceCharts, 'infrastructure', 'checkout'];

/** The values files of a chart in a scenario; `undefined` where it is not part of it. */
export function valuesFiles(chart: string, scenario: Scenario, charts: string): readonly string[] | undefined {
  const files = chart === 'infrastructure' ? scenario.infrastructure : scenario.values;
  const isProduction = !scenario.values.includes(dev);
  if (files === undefined || (chart === 'sandbox' && isProduction)) return undefined;
  return files.map((file) => join(charts, file));
}
