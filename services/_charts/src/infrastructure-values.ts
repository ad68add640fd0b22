import { objectName, secretRef } from './global-values.ts';
import { choice, flag, group, kubernetesObject, text, type Value, whole } from './value.ts';

const size = (doc: string, fallback: string) => text(doc, { pattern: '^[0-9]+(\\.[0-9]+)?[KMGT]i$', fallback });
const storageClass = () => text('StorageClass; the cluster’s default unless said.', { pattern: objectName });
const image = (doc: string, fallback: string) =>
  text(doc, { fallback, pattern: '^[^\\s:]+(:\\d+/[^\\s:]+)?:[\\w][\\w.-]*$' });

/** The servers. Those that somebody else runs are `external`, and only what lies on them is made. */
export const infrastructureValues: Readonly<Record<string, Value>> = {
  kafka: group('The message broker.', {
    provider: choice('`strimzi`: by its operator; `external`: runs elsewhere.', ['strimzi', 'external'], 'strimzi'),
    name: text('Of the cluster and of its Services.', { pattern: objectName, fallback: 'checkout' }),
    version: text('Of Kafka; the operator’s newest unless said.', { pattern: '^\\d+\\.\\d+\\.\\d+$' }),
    nodes: whole('Brokers, each a controller too. Three keep a message through the loss of one.', {
      min: 1,
      max: 9,
      fallback: 3,
    }),
    rackTopologyKey: text('Label of nodes by which copies are kept apart; none unless said.'),
    resources: kubernetesObject('Of each broker.', {
      requests: { cpu: '500m', memory: '2Gi' },
      limits: { memory: '2Gi' },
    }),
    heap: text('Of each broker’s Java.', { pattern: '^[0-9]+[mg]$', fallback: '1g' }),
    storage: group('Of each broker.', { size: size('Its claim.', '50Gi'), className: storageClass() }),
    retentionHours: whole('How long a message is kept: longer than a service is ever away.', {
      min: 1,
      max: 8_760,
      fallback: 168,
    }),
    topics: group('On an external broker; Strimzi makes them of KafkaTopic.', {
      bootstrap: flag('A Job makes those that are missing. Only for a broker that asks nobody who they are.', false),
      image: image('With Kafka’s own tools.', 'apache/kafka:4.1.0'),
      replicas: whole('Copies of each topic.', { min: 1, max: 9, fallback: 3 }),
    }),
  }),
  mysql: group('The database server.', {
    provider: choice('`oracle`: by its operator; `external`: runs elsewhere.', ['oracle', 'external'], 'oracle'),
    name: text('Of the cluster and of its Service.', { pattern: objectName, fallback: 'mysql' }),
    version: text('Of MySQL.', { pattern: '^\\d+\\.\\d+\\.\\d+$', fallback: '8.4.6' }),
    instances: whole('Servers; three elect a new primary by themselves.', { min: 1, max: 9, fallback: 3 }),
    routers: whole('Routers before them.', { min: 1, max: 9, fallback: 2 }),
    resources: kubernetesObject('Of each server.', {
      requests: { cpu: '500m', memory: '2Gi' },
      limits: { memory: '2Gi' },
    }),
    bufferPool: text('`innodb_buffer_pool_size`.', { pattern: '^[0-9]+[MG]$', fallback: '1G' }),
    storage: group('Of each server.', { size: size('Its claim.', '50Gi'), className: storageClass() }),
    tls: group('Encryption by certificates of yours; self-signed ones unless said.', {
      secretName: text(
        'TLS Secret of the servers and routers, for `<name>`, `<name>-instances.<namespace>.svc.cluster.local` and `*.` before that.',
        { pattern: objectName },
      ),
      caSecretName: text('Secret with `ca.pem`.', { pattern: objectName }),
    }),
    admin: group('Who may make databases and users.', {
      secret: text('Secret with the three keys below.', { pattern: objectName, fallback: 'mysql-admin' }),
      userKey: text('Key of the name.', { fallback: 'rootUser' }),
      hostKey: text('Key of the host that it comes from; read by the operator.', { fallback: 'rootHost' }),
      passwordKey: text('Key of the password.', { fallback: 'rootPassword' }),
    }),
    bootstrap: group('The Job that makes a database and two users for each service.', {
      enabled: flag('Off where somebody else makes them.', true),
      image: image('With MySQL’s own client.', 'mysql:8.4'),
    }),
    backup: group('Of all databases at one point in time; Oracle’s operator.', {
      enabled: flag('Needs a claim to write to.', false),
      schedule: text('When, as cron writes it.', { fallback: '15 2 * * *' }),
      claimName: text('PersistentVolumeClaim that exists.', { pattern: objectName }),
    }),
  }),
  redis: group('The cache. Losing it loses nothing.', {
    provider: choice(
      '`operator`: OT’s; `external`: runs elsewhere, or not at all.',
      ['operator', 'external'],
      'operator',
    ),
    name: text('Of the cluster and of its Services.', { pattern: objectName, fallback: 'redis' }),
    nodes: whole('One is a Redis, more a RedisReplication.', { min: 1, max: 9, fallback: 3 }),
    image: image('Of the server.', 'quay.io/opstree/redis:v7.0.15'),
    password: secretRef('The password.', { secret: 'redis', key: 'password' }),
    resources: kubernetesObject('Of each server.', {
      requests: { cpu: '50m', memory: '64Mi' },
      limits: { memory: '128Mi' },
    }),
    storage: group('Of each server.', { size: size('Its claim.', '1Gi'), className: storageClass() }),
  }),
};
