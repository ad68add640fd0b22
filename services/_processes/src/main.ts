import process from 'node:process';
import { parseArgs } from 'node:util';
import { firstSentence } from '@checkout/cli';
import { services } from '@checkout/contracts';
import type { ConnectionConfig } from '@checkout/hosting';
import {
  createLogger,
  createMetrics,
  createSystemClock,
  createSystemIds,
  createSystemProcess,
  type Running,
  runService,
} from '@checkout/runtime';
import { testTokens } from '@checkout/sandbox';
import { inheritedBy, planProcesses, type ProcessPlan } from './plan.ts';
import { prepareBus } from './prepare-bus.ts';
import { prepareDatabases } from './prepare-databases.ts';
import { requirePorts } from './require-ports.ts';
import { isReady, runProcesses, stopMs } from './run-processes.ts';
import { loadPasswords, prepareUsers } from './service-users.ts';
import { loadServers } from './settings.ts';

const helpText = `Runs every service as a process of its own, on real servers: one MySQL database for each, messages over Kafka or RabbitMQ.

  docker compose up -d --wait && npm run services

Environment, with the servers of compose.yaml for defaults: MYSQL_URL (with the right to make databases and users), KAFKA_BROKERS (host:port,…),
RABBITMQ_URL, REDIS_URL (none: every process caches for itself),
BUS (kafka), PORT of the first service (8080), HOST (127.0.0.1), AUTH (off; jwt: by test tokens of the
sandbox, or of JWT_ISSUER with JWT_AUDIENCE and JWT_JWKS_URL), DATA_DIR of the sandbox (.data/services), LOG_PARTITIONS (16),
MYSQL_DATABASE_PREFIX (checkout_), MYSQL_PASSWORD_ORDER and its like (derived from that of MYSQL_URL), BUS_PREFIX, KAFKA_REPLICATION (1).

Databases, tables, topics and a user of its own for each service are made when they are not there. Nothing that ends is restarted.
Ctrl-C stops all. Exit 0: all stopped when told to. Exit 1: one ended by itself or had to be killed, or could not be started.
`;

const exitFailed = 1;
/** What is under way when it is told to stop is first brought to an end: databases and topics that are being made. */
const prepareMs = 60_000;

const system = createSystemProcess();
const clock = createSystemClock();
const logger = createLogger({ service: 'services', level: 'warn', metrics: createMetrics('services') });
const say = (line: string) => void process.stdout.write(`${line}\n`);

try {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h', default: false } } });
  if (values.help) process.stdout.write(helpText);
  else await runService({ name: 'services', start, logger, clock, process: system, shutdownMs: prepareMs + stopMs });
} catch (error) {
  process.stderr.write(`services: ${firstSentence(error)}\n`);
  process.exitCode = exitFailed;
}

async function start(): Promise<Running> {
  const servers = loadServers(process.env);
  const { replicationFactor, partitions, mysqlUrl: serverUrl, mysqlCa: ca, databasePrefix: prefix } = servers;
  const connection = servers.connection();
  const passwords = loadPasswords(process.env, services, { isRequired: false });
  const ids = createSystemIds();
  await requirePorts(servers);

  say(`preparing databases at ${new URL(serverUrl).host} and ${whereOf(connection.bus)} ...`);
  await prepareDatabases({ serverUrl, ca, prefix, partitions, clock, ids });
  const databaseUrls = await prepareUsers({ serverUrl, ca, prefix, clock }, { passwords, say });
  await prepareBus(connection, { clock, logger, replicationFactor });

  const { psp = ids.uuid(), carrier = ids.uuid() } = servers.webhookSecrets;
  const plans = planProcesses(servers, { psp, carrier }, databaseUrls);
  const running = runProcesses(plans, { environment: inheritedBy(process.env), write: say });

  const over = new AbortController();
  void untilAllAreReady(plans, over.signal).then((areReady) => areReady && say(welcome(plans)));
  void running.firstEnd.then(async ({ name, how }) => {
    say(`${name} has ended (${how}): stopping the others ...`);
    over.abort();
    await running.stop();
    system.exit(exitFailed);
  });
  return {
    async stop() {
      say('stopping ...');
      over.abort();
      const unasked = await running.stop();
      if (unasked.length > 0) throw new Error(unasked.map(({ name, how }) => `${name} has ended (${how})`).join(', '));
    },
  };
}

async function untilAllAreReady(plans: readonly ProcessPlan[], signal: AbortSignal): Promise<boolean> {
  for (const { url } of plans) {
    while (!signal.aborted && !(await isReady(url))) await clock.sleep(250, signal);
  }
  return !signal.aborted;
}

function whereOf(bus: ConnectionConfig['bus']): string {
  if (bus.kind === 'kafka') return `topics at ${bus.brokers.join(',')}`;
  return bus.kind === 'rabbitmq' ? `queues at ${new URL(bus.url).host}` : 'nothing else';
}

function welcome(plans: readonly ProcessPlan[]): string {
  const urlOf = (name: string) => plans.find((plan) => plan.name === name)?.url ?? '';
  const order = `{"userId":"ada","currency":"EUR","items":[{"productId":"sku-1","quantity":2,"unitPrice":1999}],"paymentToken":"tok_approve","shippingAddress":{"name":"Ada","line1":"Street 1","city":"Berlin","postalCode":"10115","country":"DE"}}`;
  return [
    '',
    'All services are ready:',
    ...plans.map(({ name, url }) => `  ${name.padEnd(14)}${url}`),
    ...tokenAdvice(plans),
    '',
    'Place an order, and look at it and at its saga:',
    `  curl -s ${urlOf('order')}/v1/orders -H 'Content-Type: application/json' -H 'Idempotency-Key: order-1' -d '${order}'`,
    `  curl -s ${urlOf('order')}/v1/orders`,
    `  curl -s ${urlOf('orchestrator')}/v1/sagas`,
    '',
    'Ctrl-C stops all.',
  ].join('\n');
}

/** The commands below it need what it gets. */
function tokenAdvice(plans: readonly ProcessPlan[]): readonly string[] {
  const sandbox = plans.find(({ name }) => name === 'sandbox');
  if (sandbox?.environment['AUTH'] !== 'jwt') return [];
  const header = 'Callers send a token: -H "Authorization: Bearer $TOKEN"';
  if (sandbox.environment['JWT_ISSUER'] !== testTokens.issuer) return ['', header];
  const wish = '{"subject":"ada","scopes":["orders:read","orders:write","orders:place-for","ops"]}';
  return [
    '',
    `${header}. Get one for tests:`,
    `  curl -s ${sandbox.url}/tokens -H 'Content-Type: application/json' -d '${wish}'`,
  ];
}
