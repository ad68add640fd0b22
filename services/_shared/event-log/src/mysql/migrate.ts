import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { factsOf } from '../epochs.ts';
import type { LogIdentity } from '../storage.port.ts';
import { atServer, locked, MigrationError, nameIn, type ServerAddress } from './server-work.ts';
import type { Session } from './session.ts';
import { sqlText } from './sql-text.ts';

export type MigrateOptions = ServerAddress & {
  /** What a new log is made with; an existing one keeps its own. */
  readonly identity: LogIdentity;
  /** A directory with the service's own migrations: `<number>_<name>.sql`, applied by name. */
  readonly migrations: URL;
  /** Changes nothing, and tells what it would do. */
  readonly dryRun?: boolean;
  /** Ends it between two statements, each of which is noted: the next one goes on there. */
  readonly signal?: AbortSignal;
};

/** What was done, or with `dryRun` would be: each statement with the migration that it belongs to. */
export type Migrated = readonly { readonly migration: string; readonly statement: string }[];

type Migration = { readonly name: string; readonly statements: readonly string[] };

const logMigrations = new URL('../../drizzle/', import.meta.url);
/**
 * Brings a service's database to the state that this build needs, and makes it when it is not there. One at a time, under a
 * lock of the server. MySQL commits each change of a table by itself, so every statement is noted as it is done: a migration
 * that was cut short goes on behind the last one.
 *
 * A database that is past this build, because a later one migrated it, is left as it is.
 *
 * @throws ServerAwayError, MigrationRunsError: what passes by itself
 * @throws MigrationError when a migration that was applied has been edited, or a statement fails
 * @throws the signal's reason
 */
export async function migrateMysqlLog(options: MigrateOptions): Promise<Migrated> {
  const { url, identity, migrations, dryRun = false, signal } = options;
  const files = await filesOf(migrations);
  const database = nameIn(url);
  return atServer(options, (session) =>
    locked(session, database, async () => {
      const isThere = await exists(session, database);
      if (isThere) await session.write([`USE ${database}`]);
      const all = [
        ...(isThere ? [] : creation(database)),
        ...missingOf(files, isThere ? await appliedIn(session) : new Map()),
        ...missingSetUp(identity, isThere ? await factsIn(session) : new Map()),
      ];
      for (const step of dryRun ? [] : all) {
        signal?.throwIfAborted();
        await apply(session, step);
      }
      return all.map(({ migration, statement }) => ({ migration, statement }));
    }),
  );
}

/**
 * The first migration that this build has and that the session's database has not had in full; `undefined` when it is at or past
 * this build.
 */
export async function missingMigration(session: Session, migrations: URL | undefined): Promise<string | undefined> {
  const [files, applied] = [await filesOf(migrations), await appliedIn(session)];
  return files.find(({ name, statements }) => (applied.get(name)?.done ?? 0) < statements.length)?.name;
}

/** Removes the database that the URL names, with all that is in it. @throws MigrationError */
export function dropMysqlDatabase(address: ServerAddress): Promise<void> {
  const statement = `DROP DATABASE IF EXISTS ${nameIn(address.url)}`;
  return atServer(address, (session) => apply(session, { migration: 'removal', statement, note: undefined }));
}

async function exists(session: Session, database: string): Promise<boolean> {
  const [rows = []] = await session.read([
    sqlText('SELECT 1 AS found FROM information_schema.schemata WHERE schema_name = ?', [database]),
  ]);
  return rows.length > 0;
}

function creation(database: string): readonly Step[] {
  const step = (statement: string): Step => ({ migration: 'new database', statement, note: undefined });
  return [step(`CREATE DATABASE ${database}`), step(`USE ${database}`)];
}

async function filesOf(migrations: URL | undefined): Promise<readonly Migration[]> {
  const ofService = migrations === undefined ? [] : await readMigrations('service', migrations);
  return [...(await readMigrations('log', logMigrations)), ...ofService];
}

async function readMigrations(of: string, directory: URL): Promise<readonly Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(fileURLToPath(new URL(name, directory)), 'utf8');
      const statements = text
        .split('--> statement-breakpoint')
        .map((statement) => statement.trim().replace(/;$/, ''))
        .filter((statement) => statement !== '');
      return { name: `${of}/${name}`, statements };
    }),
  );
}

type Applied = ReadonlyMap<string, { readonly hash: string; readonly done: number }>;

async function appliedIn(session: Session): Promise<Applied> {
  const [tables = []] = await session.read([
    "SELECT 1 AS found FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'migration'",
  ]);
  if (tables.length === 0) return new Map();
  const [rows = []] = await session.read(['SELECT name, hash, done FROM migration']);
  return new Map(rows.map((row) => [String(row['name']), { hash: String(row['hash']), done: row['done'] as number }]));
}

/** Of the statements that were applied: those behind them may still be mended. */
function hashOf(statements: readonly string[], done: number): string {
  return createHash('sha256')
    .update(JSON.stringify(statements.slice(0, done)))
    .digest('hex');
}

type Step = { readonly migration: string; readonly statement: string; readonly note: string | undefined };

const ledger: Step = {
  migration: 'ledger of migrations',
  statement: `CREATE TABLE IF NOT EXISTS migration (
  name VARCHAR(255) NOT NULL PRIMARY KEY,
  hash CHAR(64) NOT NULL,
  done INT NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin`,
  note: undefined,
};

function missingOf(files: readonly Migration[], applied: Applied): readonly Step[] {
  const steps = files.flatMap(({ name, statements }): readonly Step[] => {
    const before = applied.get(name);
    if (before !== undefined && before.hash !== hashOf(statements, before.done)) {
      throw new MigrationError(`${name} was edited after it was applied: put it back, and write a new migration.`);
    }
    return statements.slice(before?.done ?? 0).map((statement, index) => {
      const done = (before?.done ?? 0) + index + 1;
      const values = [name, hashOf(statements, done), done];
      return {
        migration: name,
        statement,
        note: sqlText(
          'INSERT INTO migration VALUES (?) AS new ON DUPLICATE KEY UPDATE hash = new.hash, done = new.done',
          [values],
        ),
      };
    });
  });
  return steps.length === 0 || applied.size > 0 ? steps : [ledger, ...steps];
}

type Facts = ReadonlyMap<string, string>;

/** What a database keeps of its log. Empty without one. */
export async function factsIn(session: Session): Promise<Facts> {
  const [tables = []] = await session.read([
    "SELECT 1 AS found FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'meta'",
  ]);
  const [meta = []] = tables.length === 0 ? [[]] : await session.read(['SELECT name, value FROM meta']);
  return new Map(meta.map((row) => [String(row['name']), String(row['value'])]));
}

/** The facts that a new log is made with, and a head for each of its partitions. */
function missingSetUp(identity: LogIdentity, found: Facts): readonly Step[] {
  const [owner, partitions] = [found.get('service'), found.get('partitions')];
  if (owner !== undefined && owner !== identity.service) {
    throw new MigrationError(`the database has the log of ${owner}: give ${identity.service} one of its own.`);
  }
  if (partitions !== undefined && partitions !== String(identity.partitions)) {
    throw new MigrationError(
      `the log was made with ${partitions} partitions, not ${identity.partitions}: the number is fixed at install.`,
    );
  }
  if (found.has('logId')) return [];
  const heads = Array.from({ length: identity.partitions }, (_, partition) => [partition, 1]);
  const facts = factsOf(identity);
  const step = (statement: string): Step => ({
    migration: `new log of ${identity.service}`,
    statement,
    note: undefined,
  });
  return [
    step(sqlText('INSERT IGNORE INTO log_head VALUES ?', [heads])),
    // All facts in one statement, behind the heads: a log that knows its id is whole.
    step(sqlText('INSERT INTO meta VALUES ?', [facts])),
  ];
}

async function apply(session: Session, { migration, statement, note }: Step): Promise<void> {
  try {
    await session.write([statement, ...(note === undefined ? [] : [note])]);
  } catch (error) {
    throw new MigrationError(`${migration} failed: ${(error as Error).message}`, error);
  }
}
