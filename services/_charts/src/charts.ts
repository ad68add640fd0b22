import { type ServiceName, services } from '@checkout/contracts';
import { globalValues, objectName, overridable, secretRef } from './global-values.ts';
import { infrastructureValues } from './infrastructure-values.ts';
import { choice, group, text, texts, type Value, whole, withoutFallbacks } from './value.ts';

export const serviceCharts = [...services, 'sandbox'] as const;
export type ServiceChart = (typeof serviceCharts)[number];

/** A chart, as far as it is made from here: its values, their schema and its README. */
export type Chart = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly fields: Readonly<Record<string, Value>>;
  /** What Helm itself puts among the values, and what the parent chart says about a part. */
  readonly alsoAllowed: Readonly<Record<string, object>>;
  /** Values for everybody: they are in the chart `common`, and every chart takes them. */
  readonly global?: Readonly<Record<string, unknown>>;
};

const dayMs = 86_400_000;

const image = (name: string): Value =>
  group('Which image runs.', {
    repository: text('Under `global.image.registry`.', { fallback: `checkout/${name}` }),
    tag: text('Instead of `global.image.tag`.', { pattern: '^[\\w][\\w.-]{0,127}$' }),
    digest: text('Besides the tag; then only this very image runs.', { pattern: '^sha256:[0-9a-f]{64}$' }),
    reference: text('All of it in one, for tools that build and name images themselves.'),
  });

const user = (what: string, secret: string): Value =>
  group(what, {
    secret: text('Secret with name and password.', { pattern: objectName, fallback: secret }),
    userKey: text('Key of the name.', { fallback: 'username' }),
    passwordKey: text('Key of the password.', { fallback: 'password' }),
  });

const servers = (name: ServiceName): Readonly<Record<string, Value>> => ({
  mysql: group('What the service has of its own on the database server.', {
    database: text('Its database.', { pattern: '^[A-Za-z0-9_]{1,64}$', fallback: `checkout_${name}` }),
    user: user('Who reads and writes it, and changes no table.', `${name}-mysql`),
    migrator: user('Who changes its tables; used by the migration alone.', `${name}-mysql-migrator`),
  }),
  kafka: group('Who the service is on the broker.', {
    username: text('Its user.', { fallback: `${name}-kafka` }),
    password: secretRef('Its password; a KafkaUser’s own Secret has this key.', {
      secret: `${name}-kafka`,
      key: 'password',
    }),
  }),
});

const ofEveryService = (name: ServiceChart): Readonly<Record<string, Value>> => ({
  image: image(name),
  serviceAccount: group('The pods’ identity; no token is mounted.', {
    annotations: texts('For a cloud’s workload identity.', {}),
  }),
});

const own: Readonly<Record<ServiceChart, Readonly<Record<string, Value>>>> = {
  order: {
    rateLimitPerSecond: whole('Requests of one caller that are taken in a second; any number unless said.', {
      min: 1,
      max: 1_000_000,
    }),
  },
  orchestrator: {
    saga: group('How patient a checkout is.', {
      retryBaseMs: whole('Until a command without an answer is sent again; doubles.', { min: 1, max: 3_600_000 }),
      retryCapMs: whole('Longest time between two tries.', { min: 1, max: dayMs }),
      stepTries: whole('Tries of a step before it is undone.', { min: 1, max: 1_000 }),
      undoTries: whole('Tries of a compensation before a person is asked.', { min: 1, max: 1_000 }),
      reviewDeadlineMs: whole('How long a person may take to review an order.', { min: 1, max: 365 * dayMs }),
    }),
  },
  antifraud: {
    reviewTotalMinor: whole(
      'Orders of this total or more, in minor units, are reviewed by a person; none unless said.',
      {
        min: 1,
        max: Number.MAX_SAFE_INTEGER,
      },
    ),
  },
  payment: {},
  shipping: {},
  sandbox: {
    deliveryMs: whole('From dispatch to delivery.', { min: 0, max: dayMs, fallback: 500 }),
    storage: group('The ledger.', {
      kind: choice('`memory`: gone with the pod; `claim`: a PersistentVolumeClaim.', ['memory', 'claim'], 'claim'),
      size: text('Of the claim.', { pattern: '^[0-9]+[KMG]i$', fallback: '1Gi' }),
      className: text('StorageClass; the cluster’s default unless said.', { pattern: objectName }),
    }),
  },
};

const descriptions: Readonly<Record<ServiceChart, string>> = {
  order: 'The order API and the order aggregate',
  orchestrator: 'The checkout saga: one durable state machine per order',
  antifraud: 'Scores an order before money moves',
  payment: 'Authorises, captures and releases money at a payment service provider',
  shipping: 'Books and follows shipments at a carrier',
  sandbox: 'Stands in for PSP, carrier, fraud bureau and token issuer; never part of a production install',
};

/** One for all of them: a chart that stands alone has the same settings under `global` as one in the umbrella. */
const addedByHelm = { common: { type: 'object' } };
const partOfUmbrella = { ...addedByHelm, enabled: { type: 'boolean' } };

const serviceChart = (name: ServiceChart): Chart => ({
  name,
  title: name,
  description: descriptions[name],
  alsoAllowed: partOfUmbrella,
  fields: {
    ...ofEveryService(name),
    ...(name === 'sandbox' ? {} : servers(name)),
    ...own[name],
    ...Object.fromEntries(Object.entries(overridable).map(([key, value]) => [key, withoutFallbacks(value)])),
  },
});

const infrastructure: Chart = {
  name: 'infrastructure',
  title: 'infrastructure',
  description:
    'Kafka, MySQL and Redis as resources of their operators, topics and users, and the bootstrap of databases',
  alsoAllowed: addedByHelm,
  fields: infrastructureValues,
};

const umbrella: Chart = {
  name: 'checkout',
  title: 'checkout',
  description: 'Checkout Orchestrator: all services',
  alsoAllowed: {
    tags: { type: 'object' },
    ...Object.fromEntries(serviceCharts.map((name) => [name, { type: 'object' }])),
  },
  // Helm passes over a condition whose key is not there, and would bring the sandbox.
  global: { sandbox: { enabled: false } },
  fields: {},
};

export const charts: readonly Chart[] = [...serviceCharts.map(serviceChart), infrastructure, umbrella];

export const common = { name: 'common', global: group('For every service.', globalValues) } as const;
