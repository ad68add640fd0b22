import { services } from '@checkout/contracts';
import { type AuthConfig, type Environment, localUrl } from '@checkout/runtime';
import { testTokens } from '@checkout/sandbox';
import type { DatabaseUrls } from './service-users.ts';
import type { Servers } from './settings.ts';

export const processNames = [...services, 'sandbox'] as const;
export type ProcessName = (typeof processNames)[number];

/** What one process is started with. */
export type ProcessPlan = {
  readonly name: ProcessName;
  readonly url: string;
  readonly environment: Readonly<Record<string, string>>;
};

/** Everything is prepared before they start: whoever has no database then is to be seen soon. */
const startWithinMs = 60_000;

/**
 * One process for each service and one for the sandbox, on neighbouring ports, each with its own database.
 *
 * @param secrets what the sandbox signs its webhooks with
 * @param databaseUrls where each service finds its database, and as whom
 */
export function planProcesses(
  servers: Servers,
  secrets: { readonly psp: string; readonly carrier: string },
  databaseUrls: DatabaseUrls,
): readonly ProcessPlan[] {
  const { host, port, redis, dataDir } = servers;
  const connection = servers.connection();
  const urls = Object.fromEntries(processNames.map((name, index) => [name, localUrl(host, port + index)])) as Record<
    ProcessName,
    string
  >;
  const auth = servers.auth({ ...testTokens, jwksUrl: `${urls.sandbox}/.well-known/jwks.json` });
  // They share a machine, on which one port for the operations of all of them is one too few.
  const common = { ...settingsOf(auth), OPS_PORT: '', HOST: host, DATA_DIR: dataDir };
  const links = linksBetween(urls, secrets);
  const ofService = {
    ...common,
    ...links.ofService,
    STORE: 'mysql',
    BUS: connection.bus.kind,
    BUS_PREFIX: connection.busPrefix,
    LOG_PARTITIONS: String(connection.partitions),
    START_WITHIN_MS: String(startWithinMs),
    ...(connection.bus.kind === 'kafka' && { KAFKA_BROKERS: connection.bus.brokers.join(',') }),
    ...(connection.bus.kind === 'rabbitmq' && { RABBITMQ_URL: connection.bus.url }),
    ...(redis !== undefined && { REDIS_URL: redis.url }),
  };
  const ofSandbox = { ...common, ...links.ofSandbox };
  return processNames.map((name, index) => ({
    name,
    url: urls[name],
    environment: {
      ...(name === 'sandbox' ? ofSandbox : { ...ofService, MYSQL_URL: databaseUrls[name] }),
      PORT: String(port + index),
    },
  }));
}

/** How the services find the sandbox's providers, and these the services, and how they know each other's webhooks. */
export function linksBetween(
  urls: Readonly<Record<'sandbox' | 'payment' | 'shipping', string>>,
  secrets: { readonly psp: string; readonly carrier: string },
) {
  const webhookSecrets = { PSP_WEBHOOK_SECRET: secrets.psp, CARRIER_WEBHOOK_SECRET: secrets.carrier };
  return {
    ofService: {
      ...webhookSecrets,
      PSP_URL: `${urls.sandbox}/psp`,
      CARRIER_URL: `${urls.sandbox}/carrier`,
      BUREAU_URL: `${urls.sandbox}/bureau`,
    },
    ofSandbox: {
      ...webhookSecrets,
      PSP_WEBHOOK_URL: `${urls.payment}/v1/webhooks/psp`,
      CARRIER_WEBHOOK_URL: `${urls.shipping}/v1/webhooks/carrier`,
    },
  };
}

/**
 * What the processes get of this one's environment: whoever may do everything to the databases is the business of none of them,
 * how to know their server is.
 */
export function inheritedBy(environment: Environment): Environment {
  const isShared = (name: string) => !name.startsWith('MYSQL_') || name === 'MYSQL_CA' || name === 'MYSQL_CA_FILE';
  return Object.fromEntries(Object.entries(environment).filter(([name]) => isShared(name)));
}

/** What a process is started with: its plan, and what it inherits beside it. No setting comes twice, by value and by file. */
export function environmentOf({ environment }: ProcessPlan, inherited: Environment): Environment {
  const files = new Set(Object.keys(environment).map((name) => `${name}_FILE`));
  return { ...Object.fromEntries(Object.entries(inherited).filter(([name]) => !files.has(name))), ...environment };
}

function settingsOf(auth: AuthConfig): Readonly<Record<string, string>> {
  if (auth.kind === 'off') return { AUTH: 'off' };
  const { issuer, audience, jwksUrl } = auth;
  return { AUTH: 'jwt', JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWT_JWKS_URL: jwksUrl };
}
