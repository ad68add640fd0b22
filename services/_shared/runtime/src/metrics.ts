import { AggregatorRegistry, Counter, Gauge, Histogram, type MetricObjectWithValues, Registry } from 'prom-client';

/** Label values of one sample: a closed, small set per label (a route, never a path; an outcome, never an id). */
export type Labels = Readonly<Record<string, string>>;

export type MetricDescription = {
  /** Snake case, with its unit and, for counters, `_total`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
};

export type CounterMetric = { add(labels?: Labels, amount?: number): void };
export type GaugeMetric = { set(value: number, labels?: Labels): void };
export type HistogramMetric = { observe(value: number, labels?: Labels): void };

/**
 * The instruments of one service. Asking again for a name gives the instrument that already has it, so that several users
 * of a name need not know each other.
 */
export type Metrics = {
  counter(description: MetricDescription): CounterMetric;
  /** `read`, when given, supplies the value at each scrape. */
  gauge(description: MetricDescription & { readonly read?: () => number }): GaugeMetric;
  /** `buckets` are upper bounds in the metric's unit. */
  histogram(description: MetricDescription & { readonly buckets: readonly number[] }): HistogramMetric;
  snapshot(): Promise<MetricsSnapshot>;
};

/** What a service's instruments show at one moment; opaque, for `renderMetrics`. */
export type MetricsSnapshot = { readonly samples: readonly unknown[] };

/** Upper bounds in seconds for requests and provider calls: 1 ms to 10 s. */
export const latencyBucketsSeconds: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** A registry of its own for `service`, whose name is on every sample as the label `service`. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  const registers = [registry];
  return {
    counter(description) {
      const found = registry.getSingleMetric(description.name) as Counter | undefined;
      const counter = found ?? new Counter({ ...base(description), registers });
      return { add: (labels = {}, amount = 1) => counter.inc(labels, amount) };
    },
    gauge({ read, ...description }) {
      const found = registry.getSingleMetric(description.name) as Gauge | undefined;
      const collect = read && { collect: (): void => gauge.set(read()) };
      const gauge: Gauge = found ?? new Gauge({ ...base(description), ...collect, registers });
      return { set: (value, labels = {}) => gauge.set(labels, value) };
    },
    histogram({ buckets, ...description }) {
      const found = registry.getSingleMetric(description.name) as Histogram | undefined;
      const histogram = found ?? new Histogram({ ...base(description), buckets: [...buckets], registers });
      return { observe: (value, labels = {}) => histogram.observe(labels, value) };
    },
    snapshot: async () => ({ samples: await registry.getMetricsAsJSON() }),
  };
}

/** The Prometheus text of several services as one page: a name that many services use appears once, told apart by label. */
export async function renderMetrics(
  services: readonly Metrics[],
): Promise<{ readonly contentType: string; readonly text: string }> {
  const snapshots = await Promise.all(services.map((metrics) => metrics.snapshot()));
  const merged = AggregatorRegistry.aggregate(
    snapshots.map(({ samples }) => samples as MetricObjectWithValues<never>[]),
  );
  return { contentType: merged.contentType, text: await merged.metrics() };
}

function base({ name, help, labels = [] }: MetricDescription) {
  return { name, help, labelNames: [...labels] };
}
