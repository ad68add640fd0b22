import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { charts, common } from './charts.ts';
import { renderContracts } from './render-contracts.ts';
import { renderDatadogDashboard, renderGrafanaDashboard } from './render-dashboards.ts';
import { renderMonitors } from './render-monitors.ts';
import { commonFields, newReadme, renderReadme } from './render-readme.ts';
import { renderSchema } from './render-schema.ts';
import { renderCommonValues, renderValues } from './render-values.ts';

export const repository = join(import.meta.dirname, '..', '..', '..');

export type GeneratedFile = {
  /** In the repository. */
  readonly path: string;
  readonly text: string;
};

/** Every file of the charts that is made from here. A test holds those in the repository to it. */
export function generatedFiles(): readonly GeneratedFile[] {
  const readmeOf = (name: string, description: string, fields: typeof commonFields): GeneratedFile => {
    const path = `charts/${name}/README.md`;
    const file = join(repository, path);
    const readme = existsSync(file) ? readFileSync(file, 'utf8') : newReadme({ name, description });
    return { path, text: renderReadme(fields, readme) };
  };
  return [
    { path: 'charts/common/values.yaml', text: renderCommonValues() },
    { path: 'charts/common/templates/_contracts.tpl', text: renderContracts() },
    { path: 'charts/checkout/files/grafana-dashboard.json', text: renderGrafanaDashboard() },
    { path: 'charts/checkout/files/datadog/dashboard.json', text: renderDatadogDashboard() },
    ...Object.entries(renderMonitors()).map(([name, text]) => ({
      path: `charts/checkout/files/datadog/${name}.json`,
      text,
    })),
    readmeOf(common.name, 'What the charts of all services have in common', commonFields),
    ...charts.flatMap((chart) => [
      { path: `charts/${chart.name}/values.yaml`, text: renderValues(chart) },
      { path: `charts/${chart.name}/values.schema.json`, text: renderSchema(chart) },
      readmeOf(chart.name, chart.description, chart.fields),
    ]),
  ];
}
