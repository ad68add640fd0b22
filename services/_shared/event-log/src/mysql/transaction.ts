import type { SqlRow } from '../sql-rows.ts';
import { type Session, StatementError } from './session.ts';
import type { Sessions } from './sessions.ts';

/**
 * What became of a transaction. `unknown`: nobody said, because the connection failed at or after COMMIT. It may still be
 * running at the server, with its locks: whoever takes the same locks sees what became of it.
 */
export type Transacted<Value> =
  | { readonly kind: 'committed'; readonly value: Value }
  | { readonly kind: 'rolled-back'; readonly error: Error; readonly retryable: boolean }
  | { readonly kind: 'unknown'; readonly error: Error };

/** What a transaction writes, and its value once that is durable. Without statements it is rolled back, and has its value. */
export type Writes<Value> = { readonly statements: readonly string[]; readonly value: Value };

/** Runs a transaction on a connection of its own. Where there is none, nothing was sent. */
export async function withSession<Value>(
  sessions: Sessions,
  work: (session: Session) => Promise<Transacted<Value>>,
): Promise<Transacted<Value>> {
  try {
    return await sessions.use(work);
  } catch (error) {
    return { kind: 'rolled-back', error: error as Error, retryable: true };
  }
}

/**
 * A transaction in two round trips: BEGIN with locks and questions, then the writes with COMMIT. No caller's code waits
 * inside of it: `decide` is synchronous.
 *
 * Not a library's transaction, because those report a commit whose answer was lost as a rollback.
 */
export async function transact<Value>(
  session: Session,
  questions: readonly string[],
  decide: (answers: readonly (readonly SqlRow[])[]) => Writes<Value>,
): Promise<Transacted<Value>> {
  let statements: readonly string[] = [];
  try {
    const [, ...answers] = await session.read(['START TRANSACTION', ...questions]);
    const writes = decide(answers);
    statements = writes.statements;
    if (statements.length === 0) await rollBack(session);
    else await session.write([...statements, 'COMMIT']);
    return { kind: 'committed', value: writes.value };
  } catch (error) {
    return failedAt(session, error as Error, statements.length === 0 ? undefined : statements.length);
  }
}

/** All of a transaction, in one piece: it fails by itself when it does not fit. */
export type WritesAtOnce<Value> = {
  readonly statements: readonly string[];
  /** Of the session, not of the tables; asked behind COMMIT. */
  readonly question: string;
  readonly settle: (rows: readonly SqlRow[]) => Value;
};

/**
 * A transaction in one round trip, its COMMIT included.
 *
 * @param build `undefined` when that cannot be done
 * @returns `refused` when it cannot be done, or did not fit: nothing was written
 */
export async function transactAtOnce<Value>(
  session: Session,
  build: () => WritesAtOnce<Value> | undefined,
): Promise<Transacted<Value> | { readonly kind: 'refused' }> {
  let writes: WritesAtOnce<Value> | undefined;
  try {
    writes = build();
    if (writes === undefined) return { kind: 'refused' };
    const answers = await session.read(['START TRANSACTION', ...writes.statements, 'COMMIT', writes.question]);
    return { kind: 'committed', value: writes.settle(answers.at(-1) ?? []) };
  } catch (error) {
    const failed = await failedAt(session, error as Error, writes && 1 + writes.statements.length);
    return failed.kind === 'rolled-back' && isMisfit(failed.error) ? { kind: 'refused' } : failed;
  }
}

/** @param beforeCommit statements of its round trip before COMMIT; absent when that was not sent */
async function failedAt(
  session: Session,
  error: Error,
  beforeCommit: number | undefined,
): Promise<Extract<Transacted<never>, { readonly error: Error }>> {
  if (beforeCommit !== undefined && isFromCommit(error, beforeCommit)) {
    session.destroy();
    return { kind: 'unknown', error };
  }
  await rollBack(session);
  return { kind: 'rolled-back', error, retryable: isRetryable(error) };
}

/** Whether COMMIT was sent and not refused before its turn. */
function isFromCommit(error: Error, beforeCommit: number): boolean {
  return error instanceof StatementError && (error.errno === undefined || error.done >= beforeCommit);
}

/** SQLSTATE class 23: a unique index, or NULL where a value has to be. */
function isMisfit(error: Error): boolean {
  return error instanceof StatementError && error.sqlState?.startsWith('23') === true;
}

/** A server that does not hear of it rolls back by itself, when the connection is gone. */
async function rollBack(session: Session): Promise<void> {
  if (session.isBroken()) return;
  await session.write(['ROLLBACK']).catch(() => session.destroy());
}

/** SQLSTATE classes that say that the statement itself is wrong: bad values, constraints, syntax, rights. */
const hopelessClasses: ReadonlySet<string> = new Set(['21', '22', '23', '42']);

function isRetryable(error: Error): boolean {
  if (!(error instanceof StatementError)) return false;
  return error.sqlState === undefined || !hopelessClasses.has(error.sqlState.slice(0, 2));
}
