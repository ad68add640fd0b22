import type { ServiceName } from '@checkout/contracts';
import { type Migrated, migrateMysqlLog, type MysqlAddress } from '@checkout/event-log/mysql';
import type { Clock, Ids } from '@checkout/kernel';

export type ServiceMigration = {
  readonly service: ServiceName;
  /** A directory with its own migrations. */
  readonly migrations: URL;
  /** Its own database, as a user who may change tables. */
  readonly address: MysqlAddress;
  /** Of a log that is made. */
  readonly partitions: number;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly dryRun: boolean;
  /** Ends it between two statements. */
  readonly signal?: AbortSignal | undefined;
};

/**
 * Brings one service's database to what this build needs; makes it when it is not there.
 *
 * @throws ServerAwayError, MigrationRunsError, MigrationError with one line that says what to do; the signal's reason
 */
export function migrateService(migration: ServiceMigration): Promise<Migrated> {
  const { service, migrations, address, partitions, clock, ids, dryRun, signal } = migration;
  const identity = { logId: ids.uuid(), service, partitions, epoch: 1 };
  return migrateMysqlLog({ ...address, identity, migrations, clock, dryRun, ...(signal !== undefined && { signal }) });
}

/** What was done, in a line; of a dry run the SQL, to be read or run. */
export function migrationReport(what: string, done: Migrated, { dryRun }: { readonly dryRun: boolean }): string {
  if (dryRun) return done.map(({ migration, statement }) => `-- ${what}: ${migration}\n${statement};\n\n`).join('');
  return `${what}: ${done.length === 0 ? 'nothing to do' : `${done.length} statements done`}\n`;
}
