import process from 'node:process';
import { parseArgs } from 'node:util';
import { firstSentence } from '@checkout/cli';
import { checksFor } from './checks.ts';
import { isHealthy, reportJson, reportText } from './report.ts';
import { runChecks } from './run-checks.ts';

const helpText = `Looks at this machine and at the servers, and says what is wrong and how to mend it.

  npm run doctor             Node, npm, ports, data directory, MySQL, Kafka, RabbitMQ, Redis, clocks
  npm run --silent doctor -- --json

Servers are those of MYSQL_URL, KAFKA_BROKERS, RABBITMQ_URL and REDIS_URL, else those of compose.yaml; one that nobody named
and that is not there is a note, because npm start needs none. Other settings are those of npm start and npm run services.
Nothing is changed. Exit: 0 when nothing is broken, 1 when something is.
`;

const exitBroken = 1;
const exitUsage = 2;
/** Of each check; all run at the same time. */
const timeoutMs = 8_000;

const code = await main();
// A server that hangs may still hold a connection open.
process.stdout.write('', () => process.exit(code));

async function main(): Promise<number> {
  try {
    const { values } = parseArgs({
      options: { help: { type: 'boolean', short: 'h', default: false }, json: { type: 'boolean', default: false } },
    });
    if (values.help) {
      process.stdout.write(helpText);
      return 0;
    }
    return await examine(values.json);
  } catch (error) {
    process.stderr.write(`doctor: ${firstSentence(error)}\n`);
    return exitUsage;
  }
}

async function examine(json: boolean): Promise<number> {
  const findings = await runChecks(checksFor(process.env, process.version), { timeoutMs });
  const colour = process.stdout.isTTY && process.stdout.hasColors();
  process.stdout.write(json ? reportJson(findings) : reportText(findings, { colour }));
  return isHealthy(findings) ? 0 : exitBroken;
}
