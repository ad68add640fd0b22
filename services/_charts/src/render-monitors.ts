import { datadogNameOf, jsonText } from './render-dashboards.ts';

type Monitor = {
  /** Of its file, with `checkout-monitor-` of its resource, and in capitals, with `Checkout`, of the alert for Prometheus. */
  readonly name: string;
  readonly title: string;
  readonly query: string;
  /** What to do first. */
  readonly message: string;
  /** 1 is the worst. */
  readonly priority: 1 | 2;
  /** The query's own, which Datadog wants again. */
  readonly critical: number | 'PARTITIONS';
  /** Silence for ten minutes is an alert too. */
  readonly isMissed?: true;
};

const name = datadogNameOf;
const calls = (tags = '') => `sum:${name('provider_calls_total')}{env:ENVIRONMENT${tags}} by {service}.as_count()`;
const requests = (tags = '') => `sum:${name('http_requests_total')}{service:order,env:ENVIRONMENT${tags}}.as_count()`;

/**
 * The alerts of the charts once more, for Datadog. What is wrong for as long as it is wrong is asked of a gauge: a counter that
 * appears with its first count has not increased.
 */
const monitors: readonly Monitor[] = [
  {
    name: 'orders-refused',
    title: 'orders are refused',
    query: `sum(last_5m):${requests(',status:5*')} / ${requests()} > 0.01`,
    message:
      'More than one in a hundred requests to the order API fails. Look at readiness, the database and the load.',
    priority: 1,
    critical: 0.01,
  },
  {
    name: 'orders-slow',
    title: 'orders are accepted slowly',
    query: `percentile(last_10m):p99:${name('http_request_seconds')}{service:order,method:post,env:ENVIRONMENT} > 0.5`,
    message: "One in a hundred takes more than half a second. Look at the database's commits and at the load.",
    priority: 2,
    critical: 0.5,
  },
  {
    name: 'service-down',
    title: 'no pod of a service answers',
    // Never so few: it is for the silence.
    query: `max(last_10m):sum:${name('outbox_partitions')}{env:ENVIRONMENT} by {service} < 0`,
    message: 'Orders that are accepted wait and are not lost. Look at the pods and at what /readyz says.',
    priority: 1,
    critical: 0,
    isMissed: true,
  },
  {
    name: 'saga-needs-operator',
    title: 'a checkout cannot go on by itself',
    query: `max(last_10m):max:${name('sagas')}{state:needs_operator,env:ENVIRONMENT} > 0`,
    message: 'GET /v1/sagas?state=NEEDS_OPERATOR lists them; retry or resolve each.',
    priority: 1,
    critical: 0,
  },
  {
    name: 'dead-letters',
    title: 'a message could not be handled',
    query: `max(last_10m):max:${name('dead_letters_waiting')}{state:parked,env:ENVIRONMENT} by {service} > 0`,
    message:
      'Its order is held. GET /v1/dead-letters says which and why; POST /v1/dead-letters/{orderId}/redrive tries again.',
    priority: 2,
    critical: 0,
  },
  {
    name: 'outbox-behind',
    title: 'the broker is behind the log',
    query: `min(last_5m):max:${name('outbox_lag_seconds')}{env:ENVIRONMENT} by {service} > 60`,
    message: 'Orders wait, and none is lost. Look at the broker, and at what the service logs of its relay.',
    priority: 1,
    critical: 60,
  },
  {
    name: 'outbox-unowned',
    title: 'nobody publishes some partitions of a log',
    query: `max(last_5m):sum:${name('outbox_partitions')}{env:ENVIRONMENT} by {service} < PARTITIONS`,
    message: 'Their orders wait. Look at what the pods of the service log of their leases; a restart takes new ones.',
    priority: 1,
    critical: 'PARTITIONS',
  },
  {
    name: 'provider-failing',
    title: 'calls of a provider fail',
    query: `sum(last_10m):(${calls(',outcome:unavailable')} + ${calls(',outcome:unknown')}) / ${calls()} > 0.1`,
    message:
      'More than a tenth fail or have no answer. Orders wait and are tried again; nothing is guessed. Ask the provider.',
    priority: 2,
    critical: 0.1,
  },
  {
    name: 'payment-parked',
    title: 'the provider names another amount than ours',
    query: `sum(last_10m):sum:${name('payments_parked_total')}{env:ENVIRONMENT}.as_count() > 0`,
    message: 'GET /v1/payments/{orderId} shows both; it waits for an operator.',
    priority: 1,
    critical: 0,
  },
  {
    name: 'parcel-missing',
    title: 'the carrier no longer has a parcel that it took',
    query: `sum(last_10m):sum:${name('parcels_missing_total')}{env:ENVIRONMENT}.as_count() > 0`,
    message: 'The log of shipping names the order. Find out what became of it, then retry or resolve its saga.',
    priority: 2,
    critical: 0,
  },
  {
    name: 'ledgers-differ',
    title: 'our ledger and the provider’s differ',
    query: `min(last_10m):max:${name('payment_differences')}{env:ENVIRONMENT} > 0`,
    message: 'GET /v1/reconciliation lists the payments.',
    priority: 1,
    critical: 0,
  },
];

/** Objects of Datadog's API, by the name of their file. `ENVIRONMENT` and `PARTITIONS` are for the chart to fill in. */
export function renderMonitors(): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(monitors.map((monitor) => [`monitor-${monitor.name}`, renderMonitor(monitor)])),
    'slo-orders-accepted': renderObjective(),
  };
}

function renderMonitor({ title, query, message, priority, critical, isMissed }: Monitor): string {
  return jsonText({
    name: `Checkout: ${title}`,
    type: 'query alert',
    query,
    message,
    priority,
    tags: ['service:checkout', 'env:ENVIRONMENT', 'team:checkout'],
    options: {
      thresholds: { critical },
      ...(isMissed === true ? { notify_no_data: true, no_data_timeframe: 10 } : { notify_no_data: false }),
      include_tags: true,
    },
  });
}

function renderObjective(): string {
  return jsonText({
    name: 'Checkout: orders are accepted',
    type: 'metric',
    description: 'Requests to the order API that do not fail for us.',
    tags: ['service:order', 'env:ENVIRONMENT', 'team:checkout'],
    thresholds: [{ timeframe: '30d', target: 99.9, warning: 99.95 }],
    query: { numerator: `${requests()} - ${requests(',status:5*')}`, denominator: requests() },
  });
}
