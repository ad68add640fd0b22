import { parseArgs } from 'node:util';
import type { ServiceName } from '@checkout/contracts';
import { beginNextEpoch, LogInUseError, MigrationRunsError, ServerAwayError } from '@checkout/event-log/mysql';
import {
  createSystemClock,
  createSystemIds,
  createSystemProcess,
  type Environment,
  loadConfig,
  runTask,
} from '@checkout/runtime';
import { z } from 'zod';
import { partitionsVariable } from './connection-variables.ts';
import { migrateService, migrationReport } from './migrate-service.ts';
import { mysqlAddressOf, mysqlVariables } from './mysql-variables.ts';
import { patiently } from './patience.ts';

export type MigrationProgram = {
  readonly service: ServiceName;
  /** A directory with the service's own migrations. */
  readonly migrations: URL;
};

/** The part of Node's process that the program reads and writes. */
type Caller = {
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly stdout: { write(text: string): unknown };
};

/** A server that starts together with the migration has been there long before. */
const waitMs = 600_000;
const exitUsage = 2;
const passing = [ServerAwayError, MigrationRunsError, LogInUseError];

const schema = z.object({
  ...mysqlVariables(() => 'the service’s own database, as a user who may change its tables'),
  LOG_PARTITIONS: partitionsVariable(),
});

/**
 * The whole life of a service's migration. It waits for the server, and for another migration of the same database, for up to ten
 * minutes. Exits 0 when the database is at or past what this build needs; 2 when it was called wrongly; 128 and the signal's
 * number when it was stopped, behind a whole statement; else 1. Every one of these but the first is one line on standard error.
 */
export async function runMigration({ service, migrations }: MigrationProgram, caller: Caller): Promise<void> {
  const name = `${service}-migrate`;
  const process = createSystemProcess();
  const given = readArguments(caller.argv.slice(2));
  if (given.kind === 'help') return void caller.stdout.write(helpText(service));
  if (given.kind === 'refused') {
    process.writeError(`${name}: ${given.message}, see --help`);
    return process.exit(exitUsage);
  }
  const { dryRun, isRestored } = given;
  const clock = createSystemClock();
  const run = async (signal: AbortSignal) => {
    const { MYSQL_URL: url = '', LOG_PARTITIONS: partitions, ...login } = loadConfig(schema, caller.env);
    const address = mysqlAddressOf(url, login);
    const ids = createSystemIds();
    const migrate = async () => {
      const done = await migrateService({ service, migrations, address, partitions, clock, ids, dryRun, signal });
      return isRestored ? [...done, ...(await beginNextEpoch({ ...address, clock, dryRun }))] : done;
    };
    let isWaiting = false;
    const done = await patiently(migrate, {
      clock,
      withinMs: waitMs,
      passes: (error) => passing.some((kind) => error instanceof kind),
      onFailure({ message }) {
        if (!isWaiting) process.writeError(`${name}: waiting, as it will pass: ${message}`);
        isWaiting = true;
      },
      signal,
    });
    caller.stdout.write(migrationReport(new URL(url).pathname.slice(1), done, { dryRun }));
  };
  await runTask({ name, run, clock, process });
}

function readArguments(
  args: readonly string[],
):
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'run'; readonly dryRun: boolean; readonly isRestored: boolean } {
  try {
    const options = {
      help: { type: 'boolean', short: 'h', default: false },
      'dry-run': { type: 'boolean', default: false },
      restored: { type: 'boolean', default: false },
    } as const;
    const { values } = parseArgs({ args: [...args], options });
    if (values.help) return { kind: 'help' };
    return { kind: 'run', dryRun: values['dry-run'], isRestored: values.restored };
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split('. ');
    return { kind: 'refused', message: sentence };
  }
}

const helpText = (service: ServiceName) => `Brings the ${service} service's MySQL database to what this build needs.

  node services/${service}/src/migrate.ts             makes what is missing; nothing when it is at or past that
  node services/${service}/src/migrate.ts --dry-run   prints the SQL and changes nothing
  node services/${service}/src/migrate.ts --restored  for a database that was restored from a backup, once all services are
                                            stopped and the broker is empty, before the first of them starts

Environment: MYSQL_URL (mysql://host:3306/database, with or without user and password), MYSQL_USERNAME and MYSQL_PASSWORD of a user
who may change tables, MYSQL_CA for TLS, each also as a file: MYSQL_PASSWORD_FILE and its like; LOG_PARTITIONS (16), fixed when the
log is made. A server that is not there yet, or another migration of the database, is waited for, ten minutes at most.
Exit 0: done, or nothing to do. Exit 1: failed. Exit 2: called wrongly. Ctrl-C stops it behind a whole statement: the next one goes
on from there.
`;
