import type { DatabaseSync } from 'node:sqlite';

export type TransactionQueue = {
  run<Result>(work: () => Result): Promise<Result>;
  /** Resolves when nothing is queued. */
  drain(): Promise<void>;
};

type Queued = {
  /** Returns what to call once the work is on disk, or that it failed. */
  readonly attempt: () => () => void;
  readonly fail: (error: unknown) => void;
};

/** Works in one transaction; a longer one would keep the event loop from everything else. */
const maxWorks = 500;

/**
 * Commits all works of one turn of the event loop together: the disk is waited for once and not once per request. The
 * event log's group commit takes units of its own kind, and these works read what they wrote.
 */
export function createTransactionQueue(database: DatabaseSync, nextTurn: () => Promise<void>): TransactionQueue {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const rollback = database.prepare('ROLLBACK');
  const savepoint = database.prepare('SAVEPOINT work');
  const release = database.prepare('RELEASE work');
  const undo = database.prepare('ROLLBACK TO work');
  const queue: Queued[] = [];
  let flushing: Promise<void> | undefined;

  /** So that a work that throws undoes its own writes and nobody else's. */
  const within = <Result>(work: () => Result): Result => {
    savepoint.run();
    try {
      return work();
    } catch (error) {
      undo.run();
      throw error;
    } finally {
      release.run();
    }
  };

  const commitTogether = (works: readonly Queued[]) => {
    try {
      begin.run();
      const settlements = works.map(({ attempt }) => attempt());
      commit.run();
      for (const settle of settlements) settle();
    } catch (error) {
      if (database.isTransaction) rollback.run();
      for (const { fail } of works) fail(error);
    }
  };

  const flush = async () => {
    while (queue.length > 0) {
      await nextTurn();
      commitTogether(queue.splice(0, maxWorks));
    }
    flushing = undefined;
  };

  return {
    run: (work) =>
      new Promise((resolve, reject) => {
        const attempt = () => {
          try {
            const result = within(work);
            return () => resolve(result);
          } catch (error) {
            return () => reject(error);
          }
        };
        queue.push({ attempt, fail: reject });
        flushing ??= flush();
      }),
    drain: async () => flushing,
  };
}
