import type { ConnectionOptions } from 'mysql2';
import { LogOpenError } from '../log-open-error.ts';

/** Where a database is, and as whom it is used. */
export type MysqlAddress = {
  /** `mysql://user:password@host:port/database`; without user and password where they are named beside it. */
  readonly url: string;
  /** Asked for at every login, so that a new one is used from the next connection on. */
  readonly username?: (() => string) | undefined;
  readonly password?: (() => string) | undefined;
  /**
   * Certificates in PEM, asked for at every login. With them a connection is encrypted or not made at all: the server has to
   * have a certificate of one of them, for the name that the URL has.
   */
  readonly ca?: (() => string) | undefined;
};

/**
 * What a login takes at this moment.
 *
 * @throws LogOpenError for an address that is none
 * @throws Error when a name, a password or a certificate cannot be had
 */
export function connectionOf({ url, username, password, ca }: MysqlAddress): ConnectionOptions {
  if (!URL.canParse(url) || new URL(url).protocol !== 'mysql:') {
    throw new LogOpenError(`the address of the database is not like mysql://user:password@host:3306/database`);
  }
  return {
    uri: url,
    charset: 'utf8mb4',
    ...(username !== undefined && { user: username() }),
    ...(password !== undefined && { password: password() }),
    ...(ca !== undefined && { ssl: { ca: ca(), rejectUnauthorized: true, verifyIdentity: true } }),
  };
}

/** The same, with another database or none. */
export function inDatabase<Address extends MysqlAddress>(address: Address, database: string): Address {
  return { ...address, url: Object.assign(new URL(address.url), { pathname: `/${database}` }).href };
}
