import {
  choiceVariable,
  durationMsVariable,
  integerVariable,
  secretVariable,
  textVariable,
  urlVariable,
} from './config-variables.ts';
import type { LogLevel } from './logger.ts';

/** What differs between programs. Without `auth`, the operator has to say that nobody is asked who they are. */
export type ServiceDefaults = {
  readonly port: number;
  readonly auth?: 'off';
  readonly shutdownMs?: number;
  readonly logLevel?: LogLevel;
};

/** What every program needs to run, as plain values. */
export type ServiceConfig = {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly shutdownMs: number;
  readonly logLevel: LogLevel;
  /** Requests of one caller that the API takes in a second; without it, any number. */
  readonly rateLimitPerS?: number | undefined;
};

const maxHostCharacters = 253;
const maxPathCharacters = 4_096;
const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** The environment variables of every program, for the schema that `loadConfig` takes. */
export function serviceVariables({ port, auth, shutdownMs = 20_000, logLevel = 'info' }: ServiceDefaults) {
  return {
    HOST: textVariable({ default: '127.0.0.1', maxCharacters: maxHostCharacters }),
    PORT: integerVariable({ min: 0, max: 65_535, default: port }),
    DATA_DIR: textVariable({ default: '.data', maxCharacters: maxPathCharacters }),
    AUTH: only('off', 'off (everybody may do everything: this release knows no other way, so it has to be said)', auth),
    SHUTDOWN_MS: durationMsVariable({ min: 100, max: 3_600_000, default: shutdownMs }),
    RATE_LIMIT_PER_S: integerVariable({ min: 1, max: 1_000_000, default: undefined }),
    LOG_LEVEL: choiceVariable(logLevels, { default: logLevel }),
  };
}

/** The environment variables of a program that is several services in one: it has one store and one bus, and says so. */
export const togetherVariables = {
  BUS: only(
    'embedded',
    'embedded (services in one process have no other; each alone also kafka or rabbitmq)',
    'embedded',
  ),
  STORE: only('sqlite', 'sqlite (services in one process have no other; each alone also mysql)', 'sqlite'),
};

/** The environment variables of every program that calls a provider. `PROVIDER_TIMEOUT_MS` is for one try of a call. */
export const providerVariables = {
  PROVIDER_TIMEOUT_MS: durationMsVariable({ min: 1, max: 60_000, default: 2_000 }),
};

/** A provider's base URL. Required: a forgotten endpoint must not quietly become another one. */
export const providerUrlVariable = () => urlVariable();

/** How long a provider's outcome may stay unknown before it is undone by key. */
export const unknownDeadlineVariable = (defaultMs = 900_000) =>
  durationMsVariable({ min: 1, max: 86_400_000, default: defaultMs });

/** What a provider's webhooks are signed with. */
export const webhookSecretVariable = () => secretVariable({ minCharacters: 16 });

export function serviceConfigOf(variables: {
  readonly HOST: string;
  readonly PORT: number;
  readonly DATA_DIR: string;
  readonly SHUTDOWN_MS: number;
  readonly LOG_LEVEL: LogLevel;
  readonly RATE_LIMIT_PER_S: number | undefined;
}): ServiceConfig {
  const { HOST: host, PORT: port, DATA_DIR: dataDir, SHUTDOWN_MS: shutdownMs, LOG_LEVEL: logLevel } = variables;
  return { host, port, dataDir, shutdownMs, logLevel, rateLimitPerS: variables.RATE_LIMIT_PER_S };
}

/** A variable that has a single value for now; `expected` says so when it is anything else. */
function only<Value extends string>(value: Value, expected: string, fallback: Value | undefined) {
  const options = fallback === undefined ? {} : { default: fallback };
  return choiceVariable<Value, Value>([value], options).meta({ expected, secret: false });
}
