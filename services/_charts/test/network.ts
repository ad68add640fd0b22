/** Who is called, on which port of the pod, by which protocol. */
export type Flow = `${string}:${number}/${'TCP' | 'UDP'}`;

export type Flows = { readonly from: readonly string[]; readonly to: readonly Flow[] };

const names: readonly Flow[] = ['any:53/UDP', 'any:53/TCP'];
const mysql: Flow = 'mysql:6446/TCP';
const kafka: Flow = 'kafka:9093/TCP';
const redis: Flow = 'redis:6379/TCP';
const outside: Flow = 'outside:443/TCP';
const tests = ['test:8080/TCP', 'test:9090/TCP'];
const scraped = [...tests, 'monitoring:9090/TCP'];

/** The whole table, for the scenario `operators`: a production install with the chart `infrastructure`. */
export const productionFlows: Readonly<Record<string, Flows>> = {
  order: { from: ['any:8080/TCP', ...scraped], to: [...names, mysql, kafka, redis, outside] },
  orchestrator: { from: scraped, to: [...names, mysql, kafka, outside] },
  antifraud: { from: scraped, to: [...names, mysql, kafka, outside] },
  payment: { from: ['any:8080/TCP', ...scraped], to: [...names, mysql, kafka, outside] },
  shipping: { from: ['any:8080/TCP', ...scraped], to: [...names, mysql, kafka, outside] },
  ...Object.fromEntries(
    ['order', 'orchestrator', 'antifraud', 'payment', 'shipping'].flatMap((name) => [
      [`${name}-migrate`, { from: [], to: [...names, mysql] }],
      [`${name}-test`, { from: [], to: [...names, 'server:8080/TCP', 'server:9090/TCP'] as const }],
    ]),
  ),
};

const devMysql: Flow = 'any:3306/TCP';
const devKafka: Flow = 'any:9092/TCP';
const sandbox: Flow = 'sandbox:8080/TCP';

/** The same for the scenario `dev`: single-pod servers, and the sandbox for the outside world. */
export const developmentFlows: Readonly<Record<string, Flows>> = {
  order: { from: ['any:8080/TCP', ...tests], to: [...names, devMysql, devKafka, 'any:6379/TCP'] },
  orchestrator: { from: tests, to: [...names, devMysql, devKafka] },
  antifraud: { from: tests, to: [...names, devMysql, devKafka, sandbox] },
  payment: { from: ['any:8080/TCP', 'sandbox:8080/TCP', ...tests], to: [...names, devMysql, devKafka, sandbox] },
  shipping: { from: ['any:8080/TCP', 'sandbox:8080/TCP', ...tests], to: [...names, devMysql, devKafka, sandbox] },
  sandbox: {
    from: ['antifraud:8080/TCP', 'payment:8080/TCP', 'shipping:8080/TCP', ...tests],
    to: [...names, 'payment:8080/TCP', 'shipping:8080/TCP'],
  },
  ...Object.fromEntries(
    ['order', 'orchestrator', 'antifraud', 'payment', 'shipping', 'sandbox'].flatMap((name) => [
      ...(name === 'sandbox' ? [] : [[`${name}-migrate`, { from: [], to: [...names, devMysql] }] as const]),
      [`${name}-test`, { from: [], to: [...names, 'server:8080/TCP', 'server:9090/TCP'] as const }],
    ]),
  ),
};

type Peer = {
  readonly podSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly namespaceSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly ipBlock?: { readonly cidr: string };
};
type Rule = {
  readonly ports: readonly { readonly protocol: string; readonly port: number }[];
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
};

/** What the rules of a policy say, in the words of the tables above. */
export function flowsOf(rules: readonly Rule[] = []): readonly string[] {
  const flows = rules.flatMap(({ ports, from, to }) =>
    ports.flatMap(({ protocol, port }) =>
      [...new Set((from ?? to ?? [undefined]).map(nameOf))].map((peer) => `${peer}:${port}/${protocol}`),
    ),
  );
  return flows.toSorted();
}

function nameOf(peer: Peer | undefined): string {
  if (peer === undefined) return 'any';
  if (peer.ipBlock !== undefined) return 'outside';
  const pod = peer.podSelector?.matchLabels ?? {};
  return (
    peer.namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'] ??
    pod['app.kubernetes.io/name'] ??
    pod['app.kubernetes.io/component'] ??
    (pod['mysql.oracle.com/cluster'] === undefined ? undefined : 'mysql') ??
    (pod['strimzi.io/cluster'] === undefined ? undefined : 'kafka') ??
    pod['app'] ??
    JSON.stringify(peer)
  );
}
