import { addressOfUser } from '@checkout/event-log/mysql';
import {
  brokersVariable,
  type ConnectionConfig,
  connectionConfigOf,
  connectionVariables,
  type RedisConfig,
  redisConfigOf,
  redisVariables,
} from '@checkout/hosting';
import {
  type AuthConfig,
  authConfigOf,
  authVariables,
  type Environment,
  integerVariable,
  type LiveSecret,
  loadConfig,
  secretVariable,
  serverUrlVariable,
  textVariable,
  type TokenTrust,
} from '@checkout/runtime';
import { z } from 'zod';

/** The servers that the platform's processes use, as the environment names them. */
export type Servers = {
  /** With name and password, also where those are given beside it. */
  readonly mysqlUrl: string;
  /** The only certificates that the MySQL server's may be of, in PEM. */
  readonly mysqlCa: LiveSecret | undefined;
  readonly databasePrefix: string;
  /** Of every log. */
  readonly partitions: number;
  readonly connection: () => ConnectionConfig;
  /** Copies of each topic: 3 in production. */
  readonly replicationFactor: number;
  readonly redis: RedisConfig | undefined;
  readonly host: string;
  /** The order service's; the others have those behind it. */
  readonly port: number;
  readonly dataDir: string;
  /** `sandbox` is trusted when no issuer is named. */
  readonly auth: (sandbox: TokenTrust) => AuthConfig;
  /** What the sandbox signs its webhooks with; those that are not named are made for each run. */
  readonly webhookSecrets: { readonly psp: string | undefined; readonly carrier: string | undefined };
};

/** Where `compose.yaml` has its servers. */
const composed = {
  MYSQL_URL: 'mysql://root:checkout@127.0.0.1:3306/',
  KAFKA_BROKERS: '127.0.0.1:9092',
  RABBITMQ_URL: 'amqp://guest:guest@127.0.0.1:5672',
} as const;

const lastFirstPort = 65_529;
const webhookSecret = secretVariable({ minCharacters: 16, default: undefined });

const schema = z.object({
  ...connectionVariables,
  ...authVariables({ auth: 'off', hasIssuer: true }),
  MYSQL_URL: serverUrlVariable(['mysql'], { default: composed.MYSQL_URL }),
  MYSQL_DATABASE_PREFIX: textVariable({ default: 'checkout_', maxCharacters: 40 }),
  KAFKA_REPLICATION: integerVariable({ min: 1, max: 10, default: 1 }),
  KAFKA_BROKERS: brokersVariable({ default: composed.KAFKA_BROKERS }),
  RABBITMQ_URL: serverUrlVariable(['amqp', 'amqps'], { default: composed.RABBITMQ_URL }),
  ...redisVariables,
  HOST: textVariable({ default: '127.0.0.1' }),
  PORT: integerVariable({ min: 1, max: lastFirstPort, default: 8080 }),
  DATA_DIR: textVariable({ default: '.data/services' }),
  PSP_WEBHOOK_SECRET: webhookSecret,
  CARRIER_WEBHOOK_SECRET: webhookSecret,
});

/**
 * What is not named is where `compose.yaml` has it. The bus is RabbitMQ when `BUS` says so, or when only that one is named;
 * Redis is used when it is named.
 *
 * @throws ConfigError naming every fault
 */
export function loadServers(environment: Environment): Servers {
  const { BUS, KAFKA_BROKERS, RABBITMQ_URL } = environment;
  const bus = BUS ?? (!KAFKA_BROKERS && RABBITMQ_URL ? 'rabbitmq' : 'kafka');
  const given = loadConfig(schema, { ...environment, BUS: bus, STORE: 'mysql' });
  return {
    mysqlUrl: withLogin(given.MYSQL_URL, given),
    mysqlCa: given.MYSQL_CA,
    databasePrefix: given.MYSQL_DATABASE_PREFIX,
    partitions: given.LOG_PARTITIONS,
    connection: () => connectionConfigOf(given),
    replicationFactor: given.KAFKA_REPLICATION,
    redis: redisConfigOf(given),
    host: given.HOST,
    port: given.PORT,
    dataDir: given.DATA_DIR,
    auth: (sandbox) => authConfigOf(given, sandbox),
    webhookSecrets: { psp: given.PSP_WEBHOOK_SECRET, carrier: given.CARRIER_WEBHOOK_SECRET },
  };
}

/** Programs that end soon log in as the one who is named when they start. */
function withLogin(
  url: string,
  {
    MYSQL_USERNAME,
    MYSQL_PASSWORD,
  }: { readonly [Name in 'MYSQL_USERNAME' | 'MYSQL_PASSWORD']: LiveSecret | undefined },
): string {
  if (MYSQL_USERNAME === undefined && MYSQL_PASSWORD === undefined) return url;
  const { username, password } = new URL(url);
  return addressOfUser(url, {
    name: MYSQL_USERNAME?.() ?? decodeURIComponent(username),
    password: MYSQL_PASSWORD?.() ?? decodeURIComponent(password),
  });
}
