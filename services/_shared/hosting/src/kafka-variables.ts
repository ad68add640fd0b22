import type { KafkaSasl, KafkaTls } from '@checkout/messaging/kafka';
import {
  certificatesVariable,
  choiceVariable,
  credentialVariable,
  type LiveSecret,
  textVariable,
  type VariableRule,
} from '@checkout/runtime';

/** Where Kafka is, how it is reached and as whom. */
export type KafkaAddress = {
  readonly brokers: readonly string[];
  readonly tls?: KafkaTls | undefined;
  readonly sasl?: KafkaSasl | undefined;
};

const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

/** `host:port`, comma between them. Needed when `BUS` is kafka and there is no default. */
export function brokersVariable<const Default extends string | undefined>(options: { readonly default: Default }) {
  return textVariable({ ...options, rule: (given) => brokersFault(given, options.default) });
}

/**
 * The environment variables that say how Kafka is reached, for the schema that `loadConfig` takes. User, password and certificates
 * may be in files, which are read again at every login.
 */
export const kafkaVariables = {
  KAFKA_BROKERS: brokersVariable({ default: undefined }),
  KAFKA_TLS: choiceVariable(['on', 'off'], { default: 'off' }),
  KAFKA_CA: certificatesVariable({
    default: undefined,
    rule: ({ KAFKA_CA, KAFKA_TLS }) =>
      KAFKA_CA !== undefined && KAFKA_TLS !== 'on' ? 'nothing, because KAFKA_TLS is not on' : undefined,
  }),
  KAFKA_SASL_MECHANISM: choiceVariable(mechanisms, {
    default: undefined,
    rule: ({ KAFKA_SASL_MECHANISM, KAFKA_USERNAME, KAFKA_PASSWORD }) =>
      KAFKA_SASL_MECHANISM === undefined && (KAFKA_USERNAME ?? KAFKA_PASSWORD) !== undefined
        ? `one of ${mechanisms.join(', ')}, because somebody is to log in`
        : undefined,
  }),
  KAFKA_USERNAME: credentialVariable({ default: undefined, rule: neededToLogIn('KAFKA_USERNAME', 'who logs in') }),
  KAFKA_PASSWORD: credentialVariable({ default: undefined, rule: neededToLogIn('KAFKA_PASSWORD', 'a password') }),
};

export type KafkaVariables = {
  readonly KAFKA_BROKERS: string | undefined;
  readonly KAFKA_TLS?: 'on' | 'off';
  readonly KAFKA_CA?: LiveSecret | undefined;
  readonly KAFKA_SASL_MECHANISM?: KafkaSasl['mechanism'] | undefined;
  readonly KAFKA_USERNAME?: LiveSecret | undefined;
  readonly KAFKA_PASSWORD?: LiveSecret | undefined;
};

/** @param given variables that `loadConfig` has found to go together, with brokers */
export function kafkaAddressOf(given: KafkaVariables): KafkaAddress {
  const { KAFKA_BROKERS = '', KAFKA_TLS, KAFKA_CA: ca, KAFKA_SASL_MECHANISM: mechanism } = given;
  const { KAFKA_USERNAME: username, KAFKA_PASSWORD: password } = given;
  const hasLogin = mechanism !== undefined && username !== undefined && password !== undefined;
  return {
    brokers: KAFKA_BROKERS.split(','),
    ...(KAFKA_TLS === 'on' && { tls: { ca } }),
    ...(hasLogin && { sasl: { mechanism, username, password } }),
  };
}

function brokersFault({ BUS, KAFKA_BROKERS }: Given, fallback: string | undefined): string | undefined {
  if (KAFKA_BROKERS === undefined) {
    return BUS === 'kafka' && fallback === undefined ? 'host:port of brokers, because BUS is kafka' : undefined;
  }
  const areAddresses = KAFKA_BROKERS.split(',').every((broker) => /^[\w.-]+:\d{1,5}$/.test(broker));
  return areAddresses ? undefined : 'host:port, comma between them';
}

function neededToLogIn(variable: string, what: string): VariableRule {
  return (given) =>
    given[variable] === undefined && given['KAFKA_SASL_MECHANISM'] !== undefined
      ? `${what}, because KAFKA_SASL_MECHANISM is set`
      : undefined;
}

type Given = Parameters<VariableRule>[0];
