import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@checkout/kernel';
import type { Ledger } from '../../application/ports/ledger.port.ts';
import { ledgerSchema } from './ledger.schema.ts';
import { createLedgerRecords } from './ledger-records.sqlite.ts';
import { createTransactionQueue } from './transaction-queue.ts';

/** The file cannot be used as a ledger. `message` is one line for people. */
class LedgerError extends Error {
  readonly code = 'ledger-unusable';

  constructor(file: string, cause: unknown) {
    super(`cannot use ${file} as the sandbox's ledger: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.name = 'LedgerError';
  }
}

/**
 * A ledger in one SQLite file, or in memory for `:memory:`. What `transact` has resolved is on disk: WAL with
 * `synchronous=FULL`, and on macOS with a full fsync, without which a commit there only reaches the drive's cache.
 *
 * @throws LedgerError when the file cannot be opened or is no database
 */
export function createSqliteLedger({ file, clock }: { readonly file: string; readonly clock: Clock }): Ledger {
  const database = open(file);
  const records = createLedgerRecords(database);
  const queue = createTransactionQueue(database, () => clock.nextTurn());
  return {
    transact: (work) => queue.run(() => work(records)),
    async close() {
      await queue.drain();
      database.close();
    },
  };
}

function open(file: string): DatabaseSync {
  try {
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
    const database = new DatabaseSync(file);
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA fullfsync = 1;
      PRAGMA checkpoint_fullfsync = 1;
    `);
    database.exec(ledgerSchema);
    return database;
  } catch (error) {
    throw new LedgerError(file, error);
  }
}
