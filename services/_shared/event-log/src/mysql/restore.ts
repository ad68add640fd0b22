import { nextEpochFacts } from '../epochs.ts';
import { nowMs } from './database-clock.ts';
import { factsIn, type Migrated } from './migrate.ts';
import { atServer, locked, MigrationError, nameIn, type ServerAddress } from './server-work.ts';
import type { Session } from './session.ts';
import { sqlText } from './sql-text.ts';

/** Somebody publishes from the log, or did a moment ago: what the backup has of it passes within seconds. */
export class LogInUseError extends MigrationError {
  constructor(database: string) {
    super(`a service publishes from ${database}: stop all of them first.`);
    this.name = 'LogInUseError';
  }
}

/**
 * Makes a log that was restored from a backup fit for use. It goes on in a new epoch, because positions come again where rows
 * stood that the backup does not have; and it is published from its beginning, because what the broker had is not what the
 * backup has. Whoever has handled a message passes it over.
 *
 * May be done again. All services are to be stopped, and the broker is to be empty, before the first of them starts.
 *
 * @returns the statements that did it, or with `dryRun` would
 * @throws ServerAwayError, MigrationRunsError, LogInUseError: what passes by itself
 * @throws MigrationError when there is no log, or a statement fails
 */
export async function beginNextEpoch(address: ServerAddress & { readonly dryRun?: boolean }): Promise<Migrated> {
  const database = nameIn(address.url);
  return atServer(address, (session) =>
    locked(session, database, async () => {
      await session.write([`USE ${database}`]).catch((error: unknown) => {
        throw new MigrationError(`there is no database ${database}: restore it first.`, error);
      });
      const facts = await factsIn(session);
      if (!facts.has('logId')) throw new MigrationError(`${database} has no log: restore it first.`);
      if (await isPublished(session)) throw new LogInUseError(database);
      const statements = [
        sqlText('INSERT INTO meta VALUES ?', [nextEpochFacts(facts, await nextPositions(session))]),
        'UPDATE log_cursor SET position = 0, owner = NULL, lease_until = 0',
      ];
      if (address.dryRun !== true) {
        await session.write(['START TRANSACTION', ...statements, 'COMMIT']).catch((error: unknown) => {
          throw new MigrationError(`${database} could not be made fit: ${(error as Error).message}`, error);
        });
      }
      return statements.map((statement) => ({ migration: 'restore', statement }));
    }),
  );
}

async function isPublished(session: Session): Promise<boolean> {
  const [rows = []] = await session.read([
    `SELECT 1 AS found FROM log_cursor WHERE owner IS NOT NULL AND lease_until > ${nowMs} LIMIT 1`,
  ]);
  return rows.length > 0;
}

/** By partition. */
async function nextPositions(session: Session): Promise<readonly number[]> {
  const [rows = []] = await session.read(['SELECT next_position FROM log_head ORDER BY partition_no']);
  return rows.map((row) => Number(row['next_position']));
}
