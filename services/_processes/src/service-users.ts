import { createHmac } from 'node:crypto';
import { type ServiceName, services } from '@checkout/contracts';
import { addressOfUser, dropMysqlUser, ensureMysqlUser, MayNotMakeUsersError } from '@checkout/event-log/mysql';
import { type Environment, loadConfig, secretVariable } from '@checkout/runtime';
import { z } from 'zod';
import { databaseAddress, type DatabaseOptions, databaseUrl } from './prepare-databases.ts';

type Databases = Pick<DatabaseOptions, 'serverUrl' | 'ca' | 'prefix' | 'clock'>;
/** Some services' own. */
type Passwords = Readonly<Partial<Record<ServiceName, string>>>;

/** Of each service's own database. */
export type DatabaseUrls = Readonly<Record<ServiceName, string>>;

const minPasswordCharacters = 16;
const variableOf = (service: ServiceName) => `MYSQL_PASSWORD_${service.toUpperCase()}`;

/** The user is called like the database. */
const userOf = ({ prefix }: Databases, service: ServiceName) => `${prefix}${service}`;

/**
 * The passwords of `MYSQL_PASSWORD_<SERVICE>`, or of the files that `MYSQL_PASSWORD_<SERVICE>_FILE` name.
 *
 * @param isRequired whether each of the services needs one: there is no default where it matters
 * @throws ConfigError naming every fault
 */
export function loadPasswords(
  environment: Environment,
  of: readonly ServiceName[],
  { isRequired }: { readonly isRequired: boolean },
): Passwords {
  const options = { minCharacters: minPasswordCharacters, ...(!isRequired && { default: undefined }) };
  const schema = z.object(Object.fromEntries(of.map((service) => [variableOf(service), secretVariable(options)])));
  const given = loadConfig(schema, environment);
  return Object.fromEntries(of.map((service) => [service, given[variableOf(service)]]));
}

/**
 * For a laptop, where nobody names passwords: always the same for the same server, so that several runs go together and
 * nothing is stored; from it nobody finds the password that it is derived from, and whoever has that one may do everything
 * anyway.
 */
export function derivedPassword(databases: Databases, service: ServiceName): string {
  const { password } = new URL(databases.serverUrl);
  return createHmac('sha256', password)
    .update(`MySQL user ${userOf(databases, service)}`)
    .digest('base64url');
}

/**
 * Sees to a service's own user, who may read and write its database and nothing else.
 *
 * @returns the statements that did it, or with `dryRun` would, without the password
 * @throws MayNotMakeUsersError, MigrationError with one line that says what to do
 */
export function ensureUser(
  databases: Databases,
  { service, password }: { readonly service: ServiceName; readonly password: string },
  { dryRun }: { readonly dryRun: boolean },
): Promise<readonly string[]> {
  const address = { ...databaseAddress(databases, service), clock: databases.clock, dryRun };
  return ensureMysqlUser(address, { name: userOf(databases, service), password });
}

/**
 * The address of each service's database, for a user of its own. Where the server's user may not make others, that is said, and
 * all services use that one.
 *
 * @param passwords of those services that have one; the others' are derived
 * @throws MigrationError
 */
export async function prepareUsers(
  databases: Databases,
  { passwords, say }: { readonly passwords: Passwords; readonly say: (line: string) => void },
): Promise<DatabaseUrls> {
  const passwordOf = (service: ServiceName) => passwords[service] ?? derivedPassword(databases, service);
  try {
    for (const service of services) {
      await ensureUser(databases, { service, password: passwordOf(service) }, { dryRun: false });
    }
  } catch (error) {
    if (!(error instanceof MayNotMakeUsersError)) throw error;
    say(`every service gets all rights of MYSQL_URL: ${error.message}`);
    return byService((service) => databaseUrl(databases, service));
  }
  return byService((service) => {
    const user = { name: userOf(databases, service), password: passwordOf(service) };
    return addressOfUser(databaseUrl(databases, service), user);
  });
}

function byService(urlOf: (service: ServiceName) => string): DatabaseUrls {
  return Object.fromEntries(services.map((service) => [service, urlOf(service)])) as DatabaseUrls;
}

/** Removes every service's own user. Who may not make users has made none. @throws MigrationError */
export async function dropUsers(databases: Databases): Promise<void> {
  try {
    for (const service of services) {
      const address = { ...databaseAddress(databases, service), clock: databases.clock };
      await dropMysqlUser(address, userOf(databases, service));
    }
  } catch (error) {
    if (!(error instanceof MayNotMakeUsersError)) throw error;
  }
}
