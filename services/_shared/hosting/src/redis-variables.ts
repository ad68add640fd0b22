import {
  certificatesVariable,
  credentialVariable,
  type LiveSecret,
  serverUrlVariable,
  type VariableRule,
} from '@checkout/runtime';
import { passwordRule } from './password-rule.ts';

/** Where a Redis is, and as whom it is used. */
export type RedisConfig = {
  readonly url: string;
  readonly username?: LiveSecret | undefined;
  readonly password?: LiveSecret | undefined;
  readonly ca?: LiveSecret | undefined;
};

const beside = ['REDIS_USERNAME', 'REDIS_PASSWORD', 'REDIS_CA'] as const;

/**
 * The environment variables of a service that uses Redis when it is there, for the schema that `loadConfig` takes. User and
 * password are in the URL, or beside it, also in files: those are read again at every login.
 */
export const redisVariables = {
  REDIS_URL: serverUrlVariable(['redis', 'rediss'], { default: undefined, rule: urlRule }),
  REDIS_USERNAME: credentialVariable({ default: undefined, rule: usernameRule }),
  REDIS_PASSWORD: credentialVariable({ default: undefined, rule: passwordRule('REDIS') }),
  REDIS_CA: certificatesVariable({ default: undefined, rule: certificatesRule }),
};

export type RedisVariables = {
  readonly REDIS_URL: string | undefined;
  readonly REDIS_USERNAME?: LiveSecret | undefined;
  readonly REDIS_PASSWORD?: LiveSecret | undefined;
  readonly REDIS_CA?: LiveSecret | undefined;
};

/** @param given variables that `loadConfig` has found to go together */
export function redisConfigOf(given: RedisVariables): RedisConfig | undefined {
  const { REDIS_URL: url, REDIS_USERNAME: username, REDIS_PASSWORD: password, REDIS_CA: ca } = given;
  return url === undefined ? undefined : { url, username, password, ca };
}

function urlRule(given: Given): string | undefined {
  const named = beside.find((variable) => given[variable] !== undefined);
  return named !== undefined && given['REDIS_URL'] === undefined ? `a Redis, because ${named} is set` : undefined;
}

function usernameRule({ REDIS_URL, REDIS_USERNAME }: Given): string | undefined {
  const named = URL.parse(REDIS_URL ?? '')?.username ?? '';
  return REDIS_USERNAME !== undefined && named !== '' ? 'nothing, because REDIS_URL names a user' : undefined;
}

function certificatesRule({ REDIS_URL, REDIS_CA }: Given): string | undefined {
  const isOpen = REDIS_URL !== undefined && !REDIS_URL.startsWith('rediss:');
  return REDIS_CA !== undefined && isOpen ? 'nothing, because REDIS_URL does not begin with rediss://' : undefined;
}

type Given = Parameters<VariableRule>[0];
