import process from 'node:process';
import { parseArgs } from 'node:util';
import { runCommand } from '@checkout/cli';
import { migrationReport } from '@checkout/hosting';
import { createLogger, createMetrics, createSystemClock } from '@checkout/runtime';
import { makeFitForUse } from './fit-for-use.ts';
import { loadServers, type Servers } from './settings.ts';

const helpText = `Makes the platform fit for use when its MySQL databases were restored from a backup, all of one moment.

  npm run restore                once all services are stopped, and before the first of them starts
  npm run restore -- --dry-run   prints the SQL and changes nothing

Each log goes on in a new epoch, because positions come again where rows stood that the backup does not have. The topics or queues are
made anew, and everything is published again: whoever has handled a message passes it over. Nothing of the databases is lost by
it, and it may be done again. Orders that came behind the backup are gone: a payment at the provider, since then, whose reference is the id
of no order is to be given back by hand.

Environment: that of npm run services. Exit 0: done. Exit 1: failed, or a service still runs. Exit 2: called wrongly.
`;

const flag = { type: 'boolean', default: false } as const;

process.exitCode = await runCommand({
  name: 'restore',
  helpText,
  read: () => parseArgs({ options: { help: { ...flag, short: 'h' }, 'dry-run': flag } }).values,
  run: (values) => restore(loadServers(process.env), { dryRun: values['dry-run'] }),
});

async function restore(servers: Servers, { dryRun }: { readonly dryRun: boolean }): Promise<void> {
  const { mysqlUrl: serverUrl, mysqlCa: ca, databasePrefix: prefix, replicationFactor } = servers;
  const clock = createSystemClock();
  const say = (text: string) => void process.stdout.write(text);
  await makeFitForUse({
    databases: { serverUrl, ca, prefix, clock },
    connection: servers.connection(),
    replicationFactor,
    clock,
    logger: createLogger({ service: 'restore', level: 'warn', metrics: createMetrics('restore') }),
    dryRun,
    onDone: (database, done) => say(migrationReport(database, done, { dryRun })),
  });
  if (!dryRun) say('the bus is empty: the services publish everything again when they start\n');
}
