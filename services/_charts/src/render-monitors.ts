import { datadogNameOf, jsonText } from './render-dashboards.ts';

type Monitor = {
  /** Of its file, and with `checkout-monitor-` of its resource. */
  readonly name: string;
  readonly title: string;
  readonly query: string;
  /** What to do first. */
  readonly message: string;
  /** 1 is the worst. */
  readonly priority: 1 | 2;
  /** The query's own, which Datadog wants again. */
  readonly critical: number;
};

const name = datadogNameOf;
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
    name: 'payment-parked',
    title: 'the provider names another amount than ours',
    query: `sum(last_10m):sum:${name('payments_parked_total')}{env:ENVIRONMENT}.as_count() > 0`,
    message: 'GET /v1/payments/{orderId} shows both; it waits for an operator.',
    priority: 1,
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

/** Objects of Datadog's API, by the name of their file. `ENVIRONMENT` is for the chart to fill in. */
export function renderMonitors(): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(monitors.map((monitor) => [`monitor-${monitor.name}`, renderMonitor(monitor)])),
    'slo-orders-accepted': renderObjective(),
  };
}

function renderMonitor({ title, query, message, priority, critical }: Monitor): string {
  return jsonText({
    name: `Checkout: ${title}`,
    type: 'query alert',
    query,
    message,
    priority,
    tags: ['service:checkout', 'env:ENVIRONMENT', 'team:checkout'],
    options: { thresholds: { critical }, notify_no_data: false, include_tags: true },
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
