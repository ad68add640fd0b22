import { type Panel, panels } from './panels.ts';

const title = 'Checkout Orchestrator';

/** As Grafana takes it up from a ConfigMap, on a data source that the reader picks. */
export function renderGrafanaDashboard(): string {
  return jsonText({
    title,
    uid: 'checkout',
    schemaVersion: 39,
    tags: ['checkout'],
    time: { from: 'now-6h', to: 'now' },
    templating: { list: [{ name: 'source', type: 'datasource', query: 'prometheus' }] },
    panels: panels.map((panel, index) => ({
      id: index + 1,
      title: panel.title,
      type: 'timeseries',
      datasource: { type: 'prometheus', uid: '${source}' },
      ...(panel.unit !== undefined && { fieldConfig: { defaults: { unit: 's' }, overrides: [] } }),
      gridPos: { h: 8, w: 12, x: (index % 2) * 12, y: Math.floor(index / 2) * 8 },
      targets: [{ expr: promqlOf(panel), legendFormat: legendOf(panel), refId: 'A' }],
    })),
  });
}

/** As Datadog's API takes it. `ENVIRONMENT` is for the chart to fill in. */
export function renderDatadogDashboard(): string {
  return jsonText({
    title: `${title} (ENVIRONMENT)`,
    description: 'Orders, what they wait for, and the money.',
    layout_type: 'ordered',
    widgets: panels.map((panel) => ({
      definition: {
        type: 'timeseries',
        title: panel.title,
        requests: [{ q: datadogQueryOf(panel), display_type: 'line' }],
      },
    })),
  });
}

function promqlOf({ metric, show, by = [], where = {} }: Panel): string {
  const labels = Object.entries(where).map(([label, value]) => `${label}="${value}"`);
  const series = (name: string) => (labels.length > 0 ? `${name}{${labels.join(', ')}}` : name);
  const over = (how: string, what: string, grouping = by) =>
    grouping.length > 0 ? `${how} by (${grouping.join(', ')}) (${what})` : `${how}(${what})`;
  switch (show) {
    case 'rate':
      return over('sum', `rate(${series(metric)}[5m])`);
    case 'increase':
      return over('sum', `increase(${series(metric)}[1h])`);
    case 'p99':
      return `histogram_quantile(0.99, ${over('sum', `rate(${series(`${metric}_bucket`)}[5m])`, ['le', ...by])})`;
    default:
      return over(show, series(metric));
  }
}

/** What the agent's OpenMetrics check calls a metric of ours, with the settings of `common.openMetrics`. */
export function datadogNameOf(metric: string): string {
  return `checkout.${metric.replace(/_total$/, '.count')}`;
}

function datadogQueryOf({ metric, show, by = [], where = {} }: Panel): string {
  // Tags are in lower case there.
  const tags = Object.entries(where).map(([label, value]) => `${label}:${value.toLowerCase()}`);
  const scope = [...tags, 'env:ENVIRONMENT'].join(',');
  const grouping = by.length > 0 ? ` by {${by.join(',')}}` : '';
  const query = (how: string) => `${how}:${datadogNameOf(metric)}{${scope}}${grouping}`;
  switch (show) {
    case 'rate':
      return `${query('sum')}.as_rate()`;
    case 'increase':
      return `${query('sum')}.as_count().rollup(sum, 3600)`;
    default:
      return query(show);
  }
}

function legendOf({ by = [], show }: Panel): string {
  return by.length > 0 ? by.map((label) => `{{${label}}}`).join(' ') : show;
}

export const jsonText = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
