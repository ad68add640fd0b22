import type { Clock } from '@checkout/kernel';
import { epochsIn } from '../epochs.ts';
import { LogNotReadyError, LogOpenError } from '../log-open-error.ts';
import type { LogIdentity, LogStorage, ReadModelTable } from '../storage.port.ts';
import type { MysqlAddress } from './address.ts';
import { createCommitMemory } from './commit-memory.ts';
import { missingMigration } from './migrate.ts';
import { createMysqlStorage } from './mysql-storage.ts';
import { openSession, type Session } from './session.ts';
import { createSessions } from './sessions.ts';

export type MysqlLogOptions = MysqlAddress & {
  readonly service: string;
  /** Has to be the number that the log was made with. */
  readonly partitions: number;
  readonly table: ReadModelTable;
  /** A directory with the service's own migrations, all of which have to be there; without it, those of the log alone. */
  readonly migrations?: URL;
  readonly clock: Clock;
  /** Commits in flight at the same time. */
  readonly writers?: number;
  readonly readers?: number;
  /** For each round trip, milliseconds. */
  readonly timeoutMs?: number;
};

const defaultWriters = 2;
const defaultReaders = 4;
const defaultTimeoutMs = 5_000;

const settings = [
  `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', transaction_isolation = 'READ-COMMITTED'`,
];
/**
 * A process that stands still between its locks and its COMMIT stops everybody: the server ends its transaction after five
 * seconds without a word, and nobody waits for its locks for longer than three.
 */
const writerSettings = [...settings, 'SET SESSION wait_timeout = 5, innodb_lock_wait_timeout = 3'];
const pingEveryMs = 2_000;

/**
 * Connects to the database of a service's log, which a migration has made, and checks that it is this service's.
 *
 * @throws LogNotReadyError when a migration has not brought it to this build yet
 * @throws LogOpenError when it is not; other errors when the server does not answer
 */
export async function openMysqlLog(options: MysqlLogOptions): Promise<LogStorage> {
  const { table, clock, writers = defaultWriters, readers = defaultReaders } = options;
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const readerSettings = [...settings, `SET SESSION max_execution_time = ${timeoutMs}`];
  const parts = { clock, waitMs: timeoutMs };
  const memory = createCommitMemory();
  const reading = createSessions({
    ...parts,
    size: readers,
    open: () => openSession({ address: options, settings: readerSettings, clock, timeoutMs }),
  });
  try {
    const identity = await reading.use((session) => checkedIdentity(session, options));
    const writing = createSessions({
      ...parts,
      size: writers,
      pingEveryMs,
      async open() {
        // It may be another server that answers now, and the last one may go on answering questions with what it has.
        memory.forget();
        const session = await openSession({ address: options, settings: writerSettings, clock, timeoutMs });
        reading.renew();
        return session;
      },
    });
    return createMysqlStorage({ identity, table, writers: writing, readers: reading, memory });
  } catch (error) {
    await reading.close();
    throw error;
  }
}

async function checkedIdentity(
  session: Session,
  { service, partitions, table, migrations }: MysqlLogOptions,
): Promise<LogIdentity> {
  const tables = await columnsOf(session);
  if (!tables.has('meta')) throw new LogNotReadyError('the database has no log yet: run npm run migrate first.');
  const [rows = []] = await session.read(['SELECT name, value FROM meta']);
  const meta = new Map(rows.map((row) => [String(row['name']), String(row['value'])]));
  // The facts are what a new log gets last.
  if (!meta.has('logId')) throw new LogNotReadyError('the database has half a log: run npm run migrate to its end.');
  const mismatch = (what: string, found: string | undefined, wanted: string | number) =>
    new LogOpenError(`the database has ${what} ${found}, this build needs ${wanted}: give it its own database.`);
  if (meta.get('service') !== service) throw mismatch('the log of service', meta.get('service'), service);
  if (meta.get('partitions') !== String(partitions)) throw mismatch('partitions', meta.get('partitions'), partitions);
  const lacking = await missingMigration(session, migrations);
  if (lacking !== undefined) throw new LogNotReadyError(`the database lacks ${lacking}: run npm run migrate.`);
  const found = tables.get(table.name) ?? new Set();
  const missing = ['view', ...Object.keys(table.columns)].find((column) => !found.has(column));
  if (missing !== undefined) {
    throw new LogNotReadyError(
      `the database has no ${table.name}.${missing}, which this build shows: run npm run migrate.`,
    );
  }
  return { service, partitions, logId: meta.get('logId') ?? '', ...epochsIn(meta) };
}

async function columnsOf(session: Session): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const [rows = []] = await session.read([
    'SELECT table_name AS t, column_name AS c FROM information_schema.columns WHERE table_schema = DATABASE()',
  ]);
  const byTable = Map.groupBy(rows, (row) => String(row['t']));
  return new Map([...byTable].map(([name, columns]) => [name, new Set(columns.map((row) => String(row['c'])))]));
}
