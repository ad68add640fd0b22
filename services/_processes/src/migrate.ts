import process from 'node:process';
import { parseArgs } from 'node:util';
import { runCommand } from '@checkout/cli';
import { services } from '@checkout/contracts';
import { migrationReport } from '@checkout/hosting';
import { createSystemClock, createSystemIds } from '@checkout/runtime';
import { type DatabaseOptions, migrateDatabase } from './prepare-databases.ts';
import { ensureUser, loadPasswords } from './service-users.ts';
import { loadServers } from './settings.ts';

const helpText = `Brings the services' MySQL databases to what this build needs: makes those that are missing, adds what is new.

  npm run migrate                      every service's database
  npm run migrate -- --service order   this one alone
  npm run migrate -- --users           and a user for each, who may read and write that database and nothing else
  npm run migrate -- --dry-run         prints the SQL and changes nothing

Environment: MYSQL_URL of the server, of a user that may make databases and tables (who may also be named beside it, by
MYSQL_USERNAME and MYSQL_PASSWORD or their _FILEs; MYSQL_CA_FILE encrypts); MYSQL_DATABASE_PREFIX (checkout_);
LOG_PARTITIONS (16), fixed when a log is made. Two at once: the second is refused.
With --users: MYSQL_PASSWORD_ORDER, …_ORCHESTRATOR, …_ANTIFRAUD, …_PAYMENT, …_SHIPPING, at least 16 characters, or the files that
MYSQL_PASSWORD_ORDER_FILE and its like name. The users are called like the databases. A new password is set beside the old one,
which goes on working until the next change; ALTER USER checkout_order DISCARD OLD PASSWORD ends it at once.
`;

process.exitCode = await runCommand({ name: 'migrate', helpText, read: readArguments, run: migrateAll });

async function migrateAll({ chosen, dryRun, users }: ReturnType<typeof readArguments>): Promise<void> {
  const { mysqlUrl: serverUrl, mysqlCa: ca, databasePrefix: prefix, partitions } = loadServers(process.env);
  const options: DatabaseOptions = {
    serverUrl,
    ca,
    prefix,
    partitions,
    clock: createSystemClock(),
    ids: createSystemIds(),
  };
  const passwords = users ? loadPasswords(process.env, chosen, { isRequired: true }) : {};
  for (const service of chosen) {
    const name = `${options.prefix}${service}`;
    process.stdout.write(migrationReport(name, await migrateDatabase(options, service, { dryRun }), { dryRun }));
    const password = passwords[service];
    if (password === undefined) continue;
    const statements = await ensureUser(options, { service, password }, { dryRun });
    const steps = statements.map((statement) => ({ migration: 'user', statement }));
    process.stdout.write(migrationReport(`user ${name}`, steps, { dryRun }));
  }
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      'dry-run': { type: 'boolean', default: false },
      users: { type: 'boolean', default: false },
      service: { type: 'string' },
    },
  });
  const chosen = services.filter((service) => values.service === undefined || service === values.service);
  if (chosen.length === 0) throw new Error(`--service ${values.service} is none of ${services.join(', ')}`);
  return { help: values.help, dryRun: values['dry-run'], users: values.users, chosen };
}
