import type { Clock } from '@checkout/kernel';
import { type Connection, createConnection, type QueryError } from 'mysql2';
import type { SqlRow } from '../sql-rows.ts';
import { connectionOf, type MysqlAddress } from './address.ts';

/** Statements failed; `done` of them had succeeded before. */
export class StatementError extends Error {
  readonly done: number;
  /** MySQL's error number; absent when the connection failed or nothing came in time. */
  readonly errno: number | undefined;
  /** The SQLSTATE, where the server gave one. */
  readonly sqlState: string | undefined;
  constructor(done: number, cause: Partial<QueryError> & Error) {
    super(cause.message, { cause });
    this.name = 'StatementError';
    this.done = done;
    this.errno = cause.fatal === true ? undefined : cause.errno;
    this.sqlState = cause.sqlState;
  }
}

/** One connection. After `isBroken` says so it is of no use. */
export type Session = {
  /** One round trip; the rows of each statement, none for one that gives no rows. @throws StatementError */
  read(statements: readonly string[]): Promise<readonly (readonly SqlRow[])[]>;
  /** One round trip of statements that give no rows; how many rows each found. @throws StatementError */
  write(statements: readonly string[]): Promise<readonly number[]>;
  readonly isBroken: () => boolean;
  destroy(): void;
};

export type SessionOptions = {
  readonly address: MysqlAddress;
  /** Run before anything else. */
  readonly settings: readonly string[];
  readonly clock: Clock;
  /** For each round trip, milliseconds. A server that hangs is not waited for any longer. */
  readonly timeoutMs: number;
  /** For the login with its settings, milliseconds; `timeoutMs` without it. */
  readonly loginTimeoutMs?: number;
};

/**
 * The server takes no writes, or is on its way down: the connection is of no use even if the server comes back as it was.
 * 1290 and 1836 read-only server, 1792 read-only transaction, 1053 shutdown.
 */
const uselessAfter: ReadonlySet<number> = new Set([1290, 1836, 1792, 1053]);

/**
 * Logs in with the name and the password of this moment.
 *
 * @throws StatementError when there is no connection in time, or the settings are refused
 * @throws LogOpenError for an address that is none
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { address, settings, clock, timeoutMs, loginTimeoutMs = timeoutMs } = options;
  const connection = createConnection({
    ...connectionOf(address),
    connectTimeout: loginTimeoutMs,
    multipleStatements: true,
  });
  let isBroken = false;
  const destroy = () => {
    isBroken = true;
    connection.destroy();
  };
  // An idle connection that is lost tells only this listener.
  connection.on('error', destroy);
  // Not destroyed here: what waits for an answer has still to be told.
  connection.on('end', () => {
    isBroken = true;
  });
  const parts = { clock, isBroken: () => isBroken, destroy };
  try {
    // One statement at least, so that it is known that the connection stands.
    await createSession(connection, { ...parts, timeoutMs: loginTimeoutMs }).write(['DO 1', ...settings]);
    return createSession(connection, { ...parts, timeoutMs });
  } catch (error) {
    destroy();
    throw error;
  }
}

function createSession(
  connection: Connection,
  deps: Pick<SessionOptions, 'clock' | 'timeoutMs'> & Pick<Session, 'isBroken' | 'destroy'>,
): Session {
  const { clock, timeoutMs, isBroken, destroy } = deps;

  /** Rows and outcomes come one by one, so that it is known how far the statements came when one of them fails. */
  const send = (statements: readonly string[]) =>
    new Promise<{ readonly rows: SqlRow[][]; readonly found: number[] }>((resolve, reject) => {
      const rows: SqlRow[][] = statements.map(() => []);
      const found: number[] = [];
      let isOver = false;
      const finish = (error?: Partial<QueryError> & Error) => {
        if (isOver) return;
        isOver = true;
        cancelTimer();
        connection.off('error', finish);
        connection.off('warn', distrust);
        if (error === undefined) return resolve({ rows, found });
        const failure = new StatementError(found.length, error);
        if (failure.errno === undefined || uselessAfter.has(failure.errno)) destroy();
        reject(failure);
      };
      const giveUp = (reason: string) => finish(Object.assign(new Error(reason), { fatal: true }));
      const cancelTimer = clock.setTimer(timeoutMs, () => giveUp(`no answer within ${timeoutMs} ms`));
      // mysql2 goes on with a packet that is not the next one, and gives for rows whatever comes out of it.
      const distrust = ({ message }: Error) => giveUp(`the answer is garbled: ${message}`);
      connection.on('warn', distrust);
      // What goes wrong before the statements begin is told to the connection alone.
      connection.on('error', finish);
      connection
        .query(statements.join(';\n'))
        .on('error', finish)
        .on('result', (result: SqlRow | { readonly affectedRows: number }, index: number) => {
          if (isHeader(result)) found.push(result.affectedRows);
          else rows[index]?.push(result);
        })
        .on('end', () => finish());
    });

  return {
    read: async (statements) => (await send(statements)).rows,
    write: async (statements) => (await send(statements)).found,
    isBroken,
    destroy,
  };
}

function isHeader(result: SqlRow | { readonly affectedRows: number }): result is { readonly affectedRows: number } {
  return result.constructor.name === 'ResultSetHeader';
}
