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

/**
 * A transaction in two round trips: BEGIN with locks and questions, then the writes with COMMIT. No caller's code waits
 * inside of it: `decide` is synchronous.
 *
 * Not a library's transaction, because those report a commit whose answer was lost as a rollback.
 */
export async function transact<Value>(
  sessions: Sessions,
  questions: readonly string[],
  decide: (answers: readonly (readonly SqlRow[])[]) => Writes<Value>,
): Promise<Transacted<Value>> {
  try {
    return await sessions.use((session) => inSession(session, questions, decide));
  } catch (error) {
    // No connection: nothing was sent.
    return { kind: 'rolled-back', error: error as Error, retryable: true };
  }
}

async function inSession<Value>(
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
    if (isFromCommit(error as Error, statements)) {
      session.destroy();
      return { kind: 'unknown', error: error as Error };
    }
    await rollBack(session);
    return { kind: 'rolled-back', error: error as Error, retryable: isRetryable(error as Error) };
  }
}

/** Whether COMMIT was sent and not refused before its turn. */
function isFromCommit(error: Error, statements: readonly string[]): boolean {
  if (statements.length === 0 || !(error instanceof StatementError)) return false;
  return error.errno === undefined || error.done >= statements.length;
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
