/** A figure of the dashboards: a metric by the name that `/metrics` has for it, and what to show of it. */
export type Panel = {
  readonly title: string;
  readonly metric: string;
  /** `rate`, a second, and `increase`, an hour, of counters; `p99` of histograms; `max` and `sum` of gauges. */
  readonly show: 'rate' | 'increase' | 'p99' | 'max' | 'sum';
  /** A line for each of their values. */
  readonly by?: readonly string[];
  readonly where?: Readonly<Record<string, string>>;
  readonly unit?: 'seconds';
};

/** Orders, what they wait for, and the money. What every instance of a service says alike is shown by its highest. */
export const panels: readonly Panel[] = [
  {
    title: 'Requests to the order API, by status',
    metric: 'http_requests_total',
    show: 'rate',
    by: ['status'],
    where: { service: 'order' },
  },
  {
    title: 'Orders accepted, 99th percentile',
    metric: 'http_request_seconds',
    show: 'p99',
    where: { service: 'order', method: 'POST' },
    unit: 'seconds',
  },
  { title: 'Checkouts, by state', metric: 'sagas', show: 'max', by: ['state'] },
  {
    title: 'Age of the oldest order that has no end yet',
    metric: 'order_oldest_open_seconds',
    show: 'max',
    unit: 'seconds',
  },
  {
    title: 'Messages handled, by group and outcome',
    metric: 'messages_handled_total',
    show: 'rate',
    by: ['group', 'outcome'],
  },
  {
    title: 'From delivery to record, 99th percentile',
    metric: 'message_seconds',
    show: 'p99',
    by: ['group'],
    unit: 'seconds',
  },
  {
    title: 'Rows of the log that the broker does not have',
    metric: 'outbox_lag_rows',
    show: 'sum',
    by: ['service'],
  },
  {
    title: 'Age of the oldest row that waits for the broker',
    metric: 'outbox_lag_seconds',
    show: 'max',
    by: ['service'],
    unit: 'seconds',
  },
  {
    title: 'Calls of providers, by outcome',
    metric: 'provider_calls_total',
    show: 'rate',
    by: ['provider', 'outcome'],
  },
  { title: 'Breakers that are open', metric: 'provider_breaker_open', show: 'max', by: ['provider'] },
  { title: 'Dead letters that wait', metric: 'dead_letters_waiting', show: 'max', by: ['service', 'state'] },
  {
    title: 'Checkouts that asked for a person, in an hour',
    metric: 'saga_alerts_total',
    show: 'increase',
    by: ['code'],
  },
  { title: 'Payments of which the ledgers differ', metric: 'payment_differences', show: 'max' },
  {
    title: 'Captured beyond our ledger, minor units',
    metric: 'payment_captured_beyond_ledger',
    show: 'max',
    by: ['currency'],
  },
];
