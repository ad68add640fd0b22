import type { Clock } from '@checkout/kernel';
import { connectionOf, inDatabase, type MysqlAddress } from './address.ts';
import { openSession, type Session } from './session.ts';
import { sqlText } from './sql-text.ts';

/** Of a user who may change what is there, with the database's name. */
export type ServerAddress = MysqlAddress & { readonly clock: Clock };

/** The message is one line that says what to do. */
export class MigrationError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'MigrationError';
  }
}

/** The server does not let us in: it is not there yet, or does not know us yet. It may later. */
export class ServerAwayError extends MigrationError {
  constructor(cause: Error) {
    super(`MySQL does not let us in: ${cause.message}`, cause);
    this.name = 'ServerAwayError';
  }
}

/** Somebody else is at the same database, and will be done. */
export class MigrationRunsError extends MigrationError {
  constructor() {
    super('another migration of this database runs: wait until it is done.');
    this.name = 'MigrationRunsError';
  }
}

/** Statements of a migration may copy a large table. */
const timeoutMs = 3_600_000;
const loginTimeoutMs = 10_000;

/**
 * Works on a connection that has chosen no database, because that need not be there yet.
 *
 * @throws ServerAwayError
 * @throws LogOpenError for an address that is none
 */
export async function atServer<Value>(
  address: ServerAddress,
  work: (session: Session) => Promise<Value>,
): Promise<Value> {
  const { clock } = address;
  const login = { address: inDatabase(address, ''), settings: [], clock, timeoutMs, loginTimeoutMs };
  const session = await openSession(login).catch((error: unknown) => {
    throw new ServerAwayError(error as Error);
  });
  return work(session).finally(() => session.destroy());
}

/** @throws MigrationError, LogOpenError */
export function nameIn(url: string): string {
  connectionOf({ url });
  const name = new URL(url).pathname.slice(1);
  if (!/^\w{1,64}$/.test(name)) throw new MigrationError(`${JSON.stringify(name)} cannot be the name of a database.`);
  return name;
}

/** The server knows names of 64 characters. */
export const lockOf = (database: string) => `migration ${database}`.slice(0, 64);

/**
 * One at a time for each database. Given back at the end: the server would notice a connection that is gone, and somewhat later.
 *
 * @throws MigrationRunsError
 */
export async function locked<Value>(session: Session, database: string, work: () => Promise<Value>): Promise<Value> {
  const name = [lockOf(database)];
  const [rows = []] = await session.read([sqlText('SELECT GET_LOCK(?, 0) AS taken', name)]);
  if (rows[0]?.['taken'] !== 1) throw new MigrationRunsError();
  try {
    return await work();
  } finally {
    if (!session.isBroken()) await session.read([sqlText('SELECT RELEASE_LOCK(?)', name)]).catch(() => {});
  }
}
