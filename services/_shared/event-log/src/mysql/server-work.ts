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

/** Statements of a migration may copy a large table. */
const timeoutMs = 3_600_000;

/**
 * Works on a connection that has chosen no database, because that need not be there yet.
 *
 * @throws MigrationError when the server does not let us in
 */
export async function atServer<Value>(
  address: ServerAddress,
  work: (session: Session) => Promise<Value>,
): Promise<Value> {
  const { clock } = address;
  const login = { address: inDatabase(address, ''), settings: [], clock, timeoutMs };
  const session = await openSession(login).catch((error: unknown) => {
    throw new MigrationError(`MySQL does not let us in: ${(error as Error).message}`, error);
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
 * @throws MigrationError when somebody else is at it
 */
export async function locked<Value>(session: Session, database: string, work: () => Promise<Value>): Promise<Value> {
  const name = [lockOf(database)];
  const [rows = []] = await session.read([sqlText('SELECT GET_LOCK(?, 0) AS taken', name)]);
  if (rows[0]?.['taken'] !== 1)
    throw new MigrationError('another migration of this database runs: wait until it is done.');
  try {
    return await work();
  } finally {
    if (!session.isBroken()) await session.read([sqlText('SELECT RELEASE_LOCK(?)', name)]).catch(() => {});
  }
}
