import type { MysqlAddress } from '@checkout/event-log/mysql';
import {
  certificatesVariable,
  credentialVariable,
  type LiveSecret,
  serverUrlVariable,
  type VariableRule,
} from '@checkout/runtime';
import { passwordRule } from './password-rule.ts';

/**
 * The environment variables that say where a MySQL database is and as whom it is used, for the schema that `loadConfig` takes.
 * User and password are in the URL, or beside it, also in files: those are read again at every login.
 *
 * @param needed what is expected of `MYSQL_URL` when it is not set
 */
export function mysqlVariables(needed: VariableRule) {
  const missing: VariableRule = (given) => (given['MYSQL_URL'] === undefined ? needed(given) : undefined);
  return {
    MYSQL_URL: serverUrlVariable(['mysql'], { default: undefined, rule: missing }),
    ...mysqlLoginVariables,
  };
}

/** What may stand beside the URL. */
const mysqlLoginVariables = {
  MYSQL_USERNAME: credentialVariable({ default: undefined, rule: usernameRule }),
  MYSQL_PASSWORD: credentialVariable({ default: undefined, rule: passwordRule('MYSQL') }),
  MYSQL_CA: certificatesVariable({ default: undefined }),
};

export type MysqlLoginVariables = {
  readonly MYSQL_USERNAME?: LiveSecret | undefined;
  readonly MYSQL_PASSWORD?: LiveSecret | undefined;
  readonly MYSQL_CA?: LiveSecret | undefined;
};

/** @param given variables that `loadConfig` has found to go together */
export function mysqlAddressOf(url: string, given: MysqlLoginVariables): MysqlAddress {
  const { MYSQL_USERNAME: username, MYSQL_PASSWORD: password, MYSQL_CA: ca } = given;
  return { url, username, password, ca };
}

function usernameRule({ MYSQL_URL, MYSQL_USERNAME, MYSQL_PASSWORD }: Given): string | undefined {
  const url = URL.parse(MYSQL_URL ?? '');
  if (url === null) return undefined;
  if (MYSQL_USERNAME !== undefined && url.username !== '') return 'nothing, because MYSQL_URL names a user';
  const isNameless = MYSQL_USERNAME === undefined && url.username === '';
  return isNameless && MYSQL_PASSWORD !== undefined ? 'whose password MYSQL_PASSWORD is' : undefined;
}

type Given = Parameters<VariableRule>[0];
