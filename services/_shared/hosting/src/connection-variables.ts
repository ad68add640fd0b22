import {
  choiceVariable,
  ConfigError,
  type ConfigFault,
  integerVariable,
  serverUrlVariable,
  textVariable,
} from '@checkout/runtime';
import type { ServiceConfig } from '@checkout/runtime';

/** Where a service keeps its log, and how its messages travel. */
export type ConnectionConfig = {
  readonly store: { readonly kind: 'sqlite' } | { readonly kind: 'mysql'; readonly url: string };
  readonly bus:
    | { readonly kind: 'embedded' }
    | { readonly kind: 'kafka'; readonly brokers: readonly string[] }
    | { readonly kind: 'rabbitmq'; readonly url: string };
  /** Of the log and of the topics; fixed when they are made. */
  readonly partitions: number;
  /** Before the name of every topic, group and queue: several installations may share a broker. */
  readonly busPrefix: string;
};

/** What a service that runs alone is configured with. */
export type ConnectedServiceConfig = ServiceConfig & { readonly connection: ConnectionConfig };

const maxPartitions = 256;
const maxPrefixCharacters = 64;
/** Files are made with this number. */
const sqlitePartitions = 16;

/** The environment variables of every service that keeps a log, for the schema that `loadConfig` takes. */
export const connectionVariables = {
  STORE: choiceVariable(['sqlite', 'mysql'], { default: 'sqlite' }),
  MYSQL_URL: serverUrlVariable(['mysql'], { default: undefined }),
  BUS: choiceVariable(['embedded', 'kafka', 'rabbitmq'], { default: 'embedded' }),
  KAFKA_BROKERS: textVariable({ default: undefined }),
  RABBITMQ_URL: serverUrlVariable(['amqp', 'amqps'], { default: undefined }),
  BUS_PREFIX: textVariable({ default: '', maxCharacters: maxPrefixCharacters }),
  LOG_PARTITIONS: integerVariable({ min: 1, max: maxPartitions, default: 16 }),
};

export type ConnectionVariables = {
  readonly STORE: 'sqlite' | 'mysql';
  readonly MYSQL_URL: string | undefined;
  readonly BUS: 'embedded' | 'kafka' | 'rabbitmq';
  readonly KAFKA_BROKERS: string | undefined;
  readonly RABBITMQ_URL: string | undefined;
  readonly BUS_PREFIX: string;
  readonly LOG_PARTITIONS: number;
};

/** @throws ConfigError when a choice lacks what it needs, or two choices do not go together */
export function connectionConfigOf(given: ConnectionVariables): ConnectionConfig {
  const {
    STORE,
    MYSQL_URL,
    BUS,
    KAFKA_BROKERS,
    RABBITMQ_URL,
    LOG_PARTITIONS: partitions,
    BUS_PREFIX: busPrefix,
  } = given;
  const faults: ConfigFault[] = [];
  const needed = (variable: string, value: string | undefined, expected: string): string => {
    if (value === undefined) faults.push({ variable, given: 'not set', expected });
    return value ?? '';
  };
  const store: ConnectionConfig['store'] =
    STORE === 'sqlite'
      ? { kind: 'sqlite' }
      : { kind: 'mysql', url: needed('MYSQL_URL', MYSQL_URL, 'the service’s own database, because STORE is mysql') };
  if (STORE === 'sqlite' && partitions !== sqlitePartitions) {
    faults.push({
      variable: 'LOG_PARTITIONS',
      given: String(partitions),
      expected: `${sqlitePartitions}, because STORE is sqlite`,
    });
  }
  if (BUS === 'embedded' && STORE === 'mysql') {
    faults.push({
      variable: 'BUS',
      given: '"embedded"',
      expected: 'kafka or rabbitmq: the embedded bus reads the files of STORE=sqlite',
    });
  }
  const bus = busOf();
  if (faults.length > 0) throw new ConfigError(faults);
  return { store, bus, partitions, busPrefix };

  function busOf(): ConnectionConfig['bus'] {
    switch (BUS) {
      case 'embedded':
        return { kind: 'embedded' };
      case 'kafka':
        return { kind: 'kafka', brokers: brokersOf() };
      case 'rabbitmq':
        return { kind: 'rabbitmq', url: needed('RABBITMQ_URL', RABBITMQ_URL, 'a URL, because BUS is rabbitmq') };
    }
  }

  function brokersOf(): readonly string[] {
    const brokers = needed('KAFKA_BROKERS', KAFKA_BROKERS, 'host:port of brokers, because BUS is kafka').split(',');
    const wrong = brokers.find((broker) => broker !== '' && !/^[\w.-]+:\d{1,5}$/.test(broker));
    if (wrong !== undefined) {
      faults.push({
        variable: 'KAFKA_BROKERS',
        given: JSON.stringify(wrong),
        expected: 'host:port, comma between them',
      });
    }
    return brokers;
  }
}
