import { choice, flag, group, kubernetesObject, list, text, texts, type Value, whole } from './value.ts';

/** DNS label, as most names of Kubernetes are. */
export const objectName = '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$';
const secretKey = '^[-._a-zA-Z0-9]+$';
const httpUrl = '^https?://[^\\s@]+$';
const hostName = '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$';
const dayMs = 86_400_000;

/** One key of a Secret that exists; charts never make one. */
export const secretRef = (what: string, fallback: { readonly secret?: string; readonly key?: string } = {}) =>
  group(what, {
    secret: text('Name of the Secret.', { pattern: objectName, ...pick('fallback', fallback.secret) }),
    key: text('Key in it.', { pattern: secretKey, ...pick('fallback', fallback.key) }),
  });

const peer = { type: 'object' };
const peers = (doc: string) => list(doc, peer, []);

/** What may be said for all services under `global`, and again for one of them under its own name. */
export const overridable: Readonly<Record<string, Value>> = {
  replicas: whole('Pods, where no autoscaler owns their number.', { min: 0, max: 100, fallback: 2 }),
  resources: kubernetesObject(
    'Of the app. The CPU request and the memory limit are required; a CPU limit is possible, and throttles probes too.',
    { requests: { cpu: '100m', memory: '192Mi' }, limits: { memory: '384Mi' } },
  ),
  autoscaling: group('Who decides how many pods there are.', {
    mode: choice(
      '`none`; `cpu`: a HorizontalPodAutoscaler on the app container; `lag`: a KEDA ScaledObject on what the service has yet to read.',
      ['none', 'cpu', 'lag'],
      'none',
    ),
    minReplicas: whole('Fewest pods; two survive a node.', { min: 1, max: 100, fallback: 2 }),
    maxReplicas: whole('Most pods. With `lag` at most `log.partitions`: more would idle.', {
      min: 1,
      max: 100,
      fallback: 8,
    }),
    cpuPercent: whole('Of the CPU request, with `cpu`.', { min: 1, max: 1000, fallback: 70 }),
    lagMessages: whole('Unread messages per pod, with `lag`.', { min: 1, max: 1_000_000, fallback: 500 }),
  }),
  podDisruptionBudget: group('From two pods on.', {
    maxUnavailable: whole('Pods that a drain may take at once.', { min: 0, max: 100, fallback: 1 }),
  }),
  shutdown: group('How a pod ends.', {
    preStopSeconds: whole('Until routers have heard that the pod is going.', { min: 0, max: 60, fallback: 5 }),
    drainMs: whole('For requests and batches under way.', { min: 1000, max: 3_600_000, fallback: 20_000 }),
    gracePeriodSeconds: whole('Until the kubelet kills the pod; more than the two above together.', {
      min: 1,
      max: 3_700,
      fallback: 45,
    }),
  }),
  scheduling: group('Where pods run.', {
    nodeSelector: texts('Labels of the nodes.', {}),
    tolerations: list('Taints that pods tolerate.', peer, []),
    priorityClassName: text('PriorityClass of the pods.', { pattern: objectName }),
    spread: flag('Over hosts and zones, as far as possible.', true),
  }),
  podAnnotations: texts('Of each pod.', {}),
  podLabels: texts('Of each pod, besides the chart’s own.', {}),
  logLevel: choice('Least important line that is written.', ['debug', 'info', 'warn', 'error'], 'info'),
};

const webhook = (what: string) => secretRef(`What ${what} signs its webhooks with, 16 characters or more.`);
const providerUrl = (what: string) =>
  text(`Base URL of ${what}. Left out with \`sandbox.enabled\`, which stands in for it.`, { pattern: httpUrl });

/** Of the whole platform: the same for every service, so it stands under `global`. */
export const globalValues: Readonly<Record<string, Value>> = {
  environment: choice(
    'In `production` whatever is for tests alone is refused.',
    ['development', 'staging', 'production'],
    'production',
  ),
  image: group('Where images come from.', {
    registry: text('Before each repository, without a slash at the end.', { pattern: '^[^\\s/]+(/[^\\s/]+)*$' }),
    tag: text('Of every service; the chart’s appVersion unless said.', { pattern: '^[\\w][\\w.-]{0,127}$' }),
    pullPolicy: choice('Of every image.', ['Always', 'IfNotPresent', 'Never'], 'IfNotPresent'),
    pullSecrets: list('Names of registry Secrets.', { type: 'string', pattern: objectName }, []),
  }),
  ...overridable,
  readOnlyRootFilesystem: flag('Off only where a development tool copies sources into running pods.', true),
  watch: flag(
    'Node starts a service anew whenever one of its sources changes, and one that ended by itself at the next change or by its probes. For what copies sources into running pods of the images’ target `dev`; refused in production.',
    false,
  ),
  log: group('The event logs.', {
    partitions: whole(
      'Of every log and topic. Fixed when the databases are made; 64 if a service may need more than 8 pods.',
      {
        min: 1,
        max: 256,
        fallback: 16,
      },
    ),
  }),
  migrate: group('The Job that brings a service’s database to what the release needs.', {
    enabled: flag('Off where something else runs it, before the pods.', true),
    deadlineSeconds: whole('Until it is given up.', { min: 60, max: 86_400, fallback: 900 }),
  }),
  mysql: group('The database server. Each service has a database and users of its own, named in its chart.', {
    host: text('Name or address.', { pattern: hostName }),
    port: whole('Of the pod as well as of the Service: 6446 is the operator’s router, 3306 a server.', {
      min: 1,
      max: 65_535,
      fallback: 3306,
    }),
    tls: flag('Encrypted, and the server known by `ca`.', true),
    ca: secretRef('The certificate that the server’s is signed with, PEM.'),
  }),
  kafka: group('The message broker. Each service has a user of its own, named in its chart.', {
    brokers: list(
      '`host:port` of the bootstrap brokers; pods listen on the same port.',
      { type: 'string', pattern: '^[\\w.-]+:\\d{1,5}$' },
      [],
    ),
    tls: flag('Encrypted, and the brokers known by `ca`.', true),
    ca: secretRef('The certificate that the brokers’ are signed with, PEM.'),
    sasl: choice('How a service proves who it is.', ['scram-sha-512', 'none'], 'scram-sha-512'),
    prefix: text('Before every topic and group: several installations may share a broker.', {
      pattern: '^[A-Za-z0-9._-]{0,64}$',
      fallback: '',
    }),
  }),
  redis: group('The cache that pods share. Without `host` each caches for itself, and nothing is lost.', {
    host: text('Name or address.', { pattern: hostName }),
    port: whole('Of the pod as well as of the Service.', { min: 1, max: 65_535, fallback: 6379 }),
    tls: flag('Encrypted, by a certificate of a public authority.', false),
    password: secretRef('The password; without `secret`, none.', { key: 'password' }),
  }),
  auth: group('Who may call.', {
    mode: choice(
      '`jwt`: callers bring a token. `off`: everybody may do everything; refused in production.',
      ['jwt', 'off'],
      'jwt',
    ),
    issuer: text('`iss` of the tokens.'),
    audience: text('`aud` of the tokens.'),
    jwksUrl: text('Where the issuer’s keys are.', { pattern: httpUrl }),
  }),
  providers: group('The outside world.', {
    timeoutMs: whole('Of one try of a call.', { min: 1, max: 60_000, fallback: 2_000 }),
    unknownDeadlineMs: whole('How long an outcome may stay unknown before it is undone by key.', {
      min: 1,
      max: dayMs,
      fallback: 900_000,
    }),
    psp: group('The payment service provider.', { url: providerUrl('its API'), webhook: webhook('it') }),
    carrier: group('The carrier.', { url: providerUrl('its API'), webhook: webhook('it') }),
    bureau: group('The fraud bureau.', { url: providerUrl('its API') }),
  }),
  sandbox: group('Stands in for all providers and, unless `auth.issuer` says otherwise, for the issuer of tokens.', {
    enabled: flag('Never in production: it gives any token to anybody.', false),
  }),
  edge: group('How the outside reaches the order API and the webhooks of payment and shipping.', {
    mode: choice('`ingress`, `gateway` (HTTPRoute), or `none`.', ['ingress', 'gateway', 'none'], 'ingress'),
    host: text('Name under which the API is reached.', { pattern: hostName }),
    className: text('IngressClass; the cluster’s default unless said.', { pattern: objectName }),
    annotations: texts('Of each Ingress or HTTPRoute.', {}),
    docs: flag('Also `/docs` and `/openapi.json` of the order API.', false),
    tls: group('Encryption towards the outside.', {
      secretName: text('Secret with the certificate of `host`, with `ingress`.', { pattern: objectName }),
      elsewhere: flag('A load balancer before the Ingress ends it.', false),
    }),
    parentRefs: list(
      'Gateways, with `gateway`; their listeners hold the certificate.',
      { type: 'object', required: ['name'] },
      [],
    ),
  }),
  networkPolicy: group('Who may talk to whom.', {
    enabled: flag('Needs a network that enforces policies; others accept and ignore them.', true),
    gatewayFrom: peers(
      'Peers that are the Ingress controller or Gateway; with none, every peer may reach the public port.',
    ),
    monitoringFrom: peers('Peers that scrape metrics; with none, nobody does.'),
    mysqlTo: peers('Peers that are MySQL; with none, any address on its port.'),
    kafkaTo: peers('Peers that are Kafka; with none, any address on its port.'),
    redisTo: peers('Peers that are Redis; with none, any address on its port.'),
    telemetryTo: peers('Peers that take telemetry; with none, any address on its ports.'),
    privateRanges: list('What port 443 of providers and issuers may not lead to.', { type: 'string' }, [
      '10.0.0.0/8',
      '100.64.0.0/10',
      '127.0.0.0/8',
      '169.254.0.0/16',
      '172.16.0.0/12',
      '192.168.0.0/16',
    ]),
  }),
  monitoring: group('For the Prometheus operator.', {
    serviceMonitor: group('What to scrape.', {
      enabled: flag('Needs the operator’s definitions.', false),
      intervalSeconds: whole('Between two scrapes.', { min: 5, max: 600, fallback: 30 }),
      labels: texts('By which Prometheus selects it.', {}),
    }),
    prometheusRule: group('Alerts and objectives.', {
      enabled: flag('Needs the operator’s definitions.', false),
      labels: texts('By which Prometheus selects it.', {}),
    }),
  }),
  telemetry: group('Traces, and metrics beside `/metrics`.', {
    mode: choice('Which instrumentation the services load.', ['otel', 'datadog', 'off'], 'off'),
    otlp: group('With `otel` and no agent.', {
      endpoint: text('Base URL of the collector, OTLP over HTTP.', { pattern: httpUrl }),
    }),
  }),
  datadog: group('The Datadog agent.', {
    agent: choice(
      '`sidecar`: in each pod; `daemonset`: on each node; `injected`: by the admission controller; `off`.',
      ['sidecar', 'daemonset', 'injected', 'off'],
      'off',
    ),
    site: text('Where the account lives.', { pattern: hostName, fallback: 'datadoghq.com' }),
    apiKey: secretRef('The API key, with `sidecar`.', { key: 'api-key' }),
    image: text('Of the sidecar.', { fallback: 'gcr.io/datadoghq/agent:7.70.0' }),
    resources: kubernetesObject('Of the sidecar; the limit is twice its measured use.', {
      requests: { cpu: '50m', memory: '160Mi' },
      limits: { memory: '384Mi' },
    }),
    fargate: flag('The sidecar runs on Fargate, where a node has no name.', false),
    socket: flag('With `daemonset`: through the Datadog CSI driver’s sockets, not the node’s ports.', false),
    injectedLabels: texts('With `injected`: by which the admission controller knows the pods.', {
      'agent.datadoghq.com/sidecar': 'fargate',
    }),
    dataStreams: flag(
      'With telemetry by `datadog`: the pathways of messages, as Data Streams Monitoring shows them.',
      false,
    ),
    resourcesAsCode: flag(
      'Dashboard, monitors and objectives as DatadogGenericResource, for the Datadog operator.',
      false,
    ),
  }),
};

function pick<Name extends string>(name: Name, value: string | undefined): { readonly [Key in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [Key in Name]: string });
}
