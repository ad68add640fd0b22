import { type TelemetryMode, telemetryModes } from '@checkout/telemetry';
import {
  type AuthConfig,
  authConfigOf,
  type AuthDefaults,
  type AuthVariables,
  authVariables,
  type TokenTrust,
} from './auth-variables.ts';
import {
  choiceVariable,
  durationMsVariable,
  integerVariable,
  secretVariable,
  textVariable,
  urlVariable,
} from './config-variables.ts';
import type { VariableRule } from './config.ts';
import type { LogLevel } from './logger.ts';

/** What differs between programs. */
export type ServiceDefaults = AuthDefaults & {
  readonly port: number;
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
  readonly auth: AuthConfig;
  /** Where health, metrics and what is for operators' tools is served, and only there; without it, at `port`. */
  readonly opsPort?: number | undefined;
  readonly telemetry: TelemetryConfig;
};

export type TelemetryConfig = {
  readonly mode: TelemetryMode;
  /** What Datadog calls the process; without it, by the program's name. */
  readonly datadogService?: string | undefined;
};

const maxPort = 65_535;
const maxHostCharacters = 253;
const maxPathCharacters = 4_096;
const maxServiceCharacters = 100;
const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** The environment variables of every program, for the schema that `loadConfig` takes. */
export function serviceVariables(defaults: ServiceDefaults) {
  const { port, shutdownMs = 20_000, logLevel = 'info' } = defaults;
  return {
    HOST: textVariable({ default: '127.0.0.1', maxCharacters: maxHostCharacters }),
    PORT: integerVariable({ min: 0, max: maxPort, default: port }),
    OPS_PORT: integerVariable({ min: 0, max: maxPort, default: undefined, rule: otherThan(port) }),
    DATA_DIR: textVariable({ default: '.data', maxCharacters: maxPathCharacters }),
    ...authVariables(defaults),
    SHUTDOWN_MS: durationMsVariable({ min: 100, max: 3_600_000, default: shutdownMs }),
    RATE_LIMIT_PER_S: integerVariable({ min: 1, max: 1_000_000, default: undefined }),
    LOG_LEVEL: choiceVariable(logLevels, { default: logLevel }),
    TELEMETRY: choiceVariable(telemetryModes, { default: 'off' }),
    DD_SERVICE: textVariable({ default: undefined, maxCharacters: maxServiceCharacters }),
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

/** @param issuer whose tokens are trusted when no issuer is named */
export function serviceConfigOf(
  variables: AuthVariables & {
    readonly HOST: string;
    readonly PORT: number;
    readonly OPS_PORT: number | undefined;
    readonly DATA_DIR: string;
    readonly SHUTDOWN_MS: number;
    readonly LOG_LEVEL: LogLevel;
    readonly RATE_LIMIT_PER_S: number | undefined;
    readonly TELEMETRY: TelemetryMode;
    readonly DD_SERVICE: string | undefined;
  },
  issuer?: TokenTrust,
): ServiceConfig {
  const { HOST: host, PORT: port, DATA_DIR: dataDir, SHUTDOWN_MS: shutdownMs, LOG_LEVEL: logLevel } = variables;
  const { RATE_LIMIT_PER_S: rateLimitPerS, OPS_PORT: opsPort } = variables;
  const telemetry = { mode: variables.TELEMETRY, datadogService: variables.DD_SERVICE };
  const auth = authConfigOf(variables, issuer);
  return { host, port, dataDir, shutdownMs, logLevel, rateLimitPerS, opsPort, auth, telemetry };
}

/** Port 0 is another one each time. */
function otherThan(defaultPort: number): VariableRule {
  return ({ PORT = String(defaultPort), OPS_PORT }) =>
    OPS_PORT === PORT && PORT !== '0' ? 'another port than PORT' : undefined;
}

/** A variable that has a single value for now; `expected` says so when it is anything else. */
function only<Value extends string>(value: Value, expected: string, fallback: Value | undefined) {
  const options = fallback === undefined ? {} : { default: fallback };
  return choiceVariable<Value, Value>([value], options).meta({ expected, secret: false });
}
