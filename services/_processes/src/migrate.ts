import process from 'node:process';
import { parseArgs } from 'node:util';
import { firstSentence } from '@checkout/cli';
import { services } from '@checkout/contracts';
import type { Migrated } from '@checkout/event-log/mysql';
import { createSystemClock, createSystemIds } from '@checkout/runtime';
import { type DatabaseOptions, migrateDatabase } from './prepare-databases.ts';
import { loadServers } from './settings.ts';

const helpText = `Brings the services' MySQL databases to what this build needs: makes those that are missing, adds what is new.

  npm run migrate                      every service's database
  npm run migrate -- --service order   this one alone
  npm run migrate -- --dry-run         prints the SQL and changes nothing

Environment: MYSQL_URL of the server, of a user that may make databases and tables; MYSQL_DATABASE_PREFIX (checkout_);
LOG_PARTITIONS (16), fixed when a log is made. Two at once: the second is refused.
`;

const exitFailed = 1;
const exitUsage = 2;

process.exitCode = await main();

async function main(): Promise<number> {
  let values: ReturnType<typeof readArguments>;
  try {
    values = readArguments();
  } catch (error) {
    process.stderr.write(`migrate: ${firstSentence(error)}, see: npm run migrate -- --help\n`);
    return exitUsage;
  }
  if (values.help) {
    process.stdout.write(helpText);
    return 0;
  }
  try {
    const { mysqlUrl: serverUrl, databasePrefix: prefix, partitions } = loadServers(process.env);
    const options: DatabaseOptions = {
      serverUrl,
      prefix,
      partitions,
      clock: createSystemClock(),
      ids: createSystemIds(),
    };
    for (const service of values.chosen) {
      const done = await migrateDatabase(options, service, { dryRun: values.dryRun });
      process.stdout.write(report(`${prefix}${service}`, done, values.dryRun));
    }
    return 0;
  } catch (error) {
    process.stderr.write(`migrate: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitFailed;
  }
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      'dry-run': { type: 'boolean', default: false },
      service: { type: 'string' },
    },
  });
  const chosen = services.filter((service) => values.service === undefined || service === values.service);
  if (chosen.length === 0) throw new Error(`--service ${values.service} is none of ${services.join(', ')}`);
  return { help: values.help, dryRun: values['dry-run'], chosen };
}

function report(database: string, done: Migrated, dryRun: boolean): string {
  if (dryRun) return done.map(({ migration, statement }) => `-- ${database}: ${migration}\n${statement};\n\n`).join('');
  return `${database}: ${done.length === 0 ? 'nothing to do' : `${done.length} statements done`}\n`;
}
