import type { MysqlAddress } from '@checkout/event-log/mysql';
import {
  choiceVariable,
  durationMsVariable,
  integerVariable,
  serverUrlVariable,
  textVariable,
  type VariableRule,
} from '@checkout/runtime';
import type { ServiceConfig } from '@checkout/runtime';
import { type KafkaAddress, kafkaAddressOf, type KafkaVariables, kafkaVariables } from './kafka-variables.ts';
import { mysqlAddressOf, type MysqlLoginVariables, mysqlVariables } from './mysql-variables.ts';

/** Where a service keeps its log, and how its messages travel. */
export type ConnectionConfig = {
  readonly store: { readonly kind: 'sqlite' } | ({ readonly kind: 'mysql' } & MysqlAddress);
  readonly bus:
    | { readonly kind: 'embedded' }
    | ({ readonly kind: 'kafka' } & KafkaAddress)
    | { readonly kind: 'rabbitmq'; readonly url: string };
  /** Of the log and of the topics; fixed when they are made. */
  readonly partitions: number;
  /** Before the name of every topic, group and queue: several installations may share a broker. */
  readonly busPrefix: string;
  /** How long a start waits for its database and for the schema of this build, milliseconds. */
  readonly startWithinMs: number;
};

/** What a service that runs alone is configured with. */
export type ConnectedServiceConfig = ServiceConfig & { readonly connection: ConnectionConfig };

const maxPartitions = 256;
const maxPrefixCharacters = 64;
/** Longer than the migration of the same release may take, which a new instance waits for. */
const defaultStartWithinMs = 900_000;
/** Files are made with this number. */
const sqlitePartitions = 16;

/** `LOG_PARTITIONS`: of a service's log and of the topics, fixed when they are made. */
export const partitionsVariable = (rule: VariableRule = () => undefined) =>
  integerVariable({ min: 1, max: maxPartitions, default: 16, rule });

/** The environment variables of every service that keeps a log, for the schema that `loadConfig` takes. */
export const connectionVariables = {
  STORE: choiceVariable(['sqlite', 'mysql'], { default: 'sqlite' }),
  ...mysqlVariables(({ STORE }) =>
    STORE === 'mysql' ? 'the service’s own database, because STORE is mysql' : undefined,
  ),
  BUS: choiceVariable(['embedded', 'kafka', 'rabbitmq'], { default: 'embedded', rule: busRule }),
  ...kafkaVariables,
  RABBITMQ_URL: serverUrlVariable(['amqp', 'amqps'], {
    default: undefined,
    rule: ({ BUS, RABBITMQ_URL }) =>
      BUS === 'rabbitmq' && RABBITMQ_URL === undefined ? 'a URL, because BUS is rabbitmq' : undefined,
  }),
  BUS_PREFIX: textVariable({ default: '', maxCharacters: maxPrefixCharacters }),
  LOG_PARTITIONS: partitionsVariable(({ STORE = 'sqlite', LOG_PARTITIONS = String(sqlitePartitions) }) =>
    STORE === 'sqlite' && LOG_PARTITIONS !== String(sqlitePartitions)
      ? `${sqlitePartitions}, because STORE is sqlite`
      : undefined,
  ),
  START_WITHIN_MS: durationMsVariable({ min: 1_000, max: 86_400_000, default: defaultStartWithinMs }),
};

export type ConnectionVariables = MysqlLoginVariables &
  KafkaVariables & {
    readonly STORE: 'sqlite' | 'mysql';
    readonly MYSQL_URL: string | undefined;
    readonly BUS: 'embedded' | 'kafka' | 'rabbitmq';
    readonly RABBITMQ_URL: string | undefined;
    readonly BUS_PREFIX: string;
    readonly LOG_PARTITIONS: number;
    readonly START_WITHIN_MS?: number;
  };

/** @param given variables that `loadConfig` has found to go together */
export function connectionConfigOf(given: ConnectionVariables): ConnectionConfig {
  const { STORE, MYSQL_URL, LOG_PARTITIONS: partitions, BUS_PREFIX: busPrefix } = given;
  const store: ConnectionConfig['store'] =
    STORE === 'sqlite'
      ? { kind: 'sqlite' }
      : { kind: 'mysql', ...mysqlAddressOf(checked('MYSQL_URL', MYSQL_URL), given) };
  const { START_WITHIN_MS: startWithinMs = defaultStartWithinMs } = given;
  return { store, bus: busOf(given), partitions, busPrefix, startWithinMs };
}

function busOf(given: ConnectionVariables): ConnectionConfig['bus'] {
  switch (given.BUS) {
    case 'embedded':
      return { kind: 'embedded' };
    case 'kafka':
      return { kind: 'kafka', ...kafkaAddressOf(given) };
    case 'rabbitmq':
      return { kind: 'rabbitmq', url: checked('RABBITMQ_URL', given.RABBITMQ_URL) };
  }
}

function busRule({ STORE, BUS = 'embedded' }: Parameters<VariableRule>[0]): string | undefined {
  return STORE === 'mysql' && BUS === 'embedded'
    ? 'kafka or rabbitmq: the embedded bus reads the files of STORE=sqlite'
    : undefined;
}

function checked(variable: string, value: string | undefined): string {
  if (value === undefined) throw new Error(`${variable} was not checked`);
  return value;
}
