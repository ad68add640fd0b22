import { randomUUID } from 'node:crypto';
import process from 'node:process';
import { type ServiceName, services } from '@checkout/contracts';
import { createEventLog, type EventLog } from '@checkout/event-log';
import { openMysqlLog } from '@checkout/event-log/mysql';
import { runProgram } from '@checkout/http';
import { composeServices, readModelTables } from '@checkout/local';
import { loadLocalConfig } from '@checkout/local/config';
import { connectTogether } from '@checkout/messaging/embedded';
import { createUndiciHttpClient, integerVariable, loadConfig, urlVariable } from '@checkout/runtime';
import { z } from 'zod';

const schema = z.object({
  DATABASE_URLS: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.record(z.enum(services), z.string())),
  LOG_PARTITIONS: integerVariable({ min: 1, max: 256 }),
  PROVIDERS_URL: urlVariable(),
});

/** The services as `npm start` wires them, on MySQL instead of files, with providers elsewhere. */
await runProgram({
  name: 'bench-mysql',
  title: 'Checkout Orchestrator',
  command: 'npm run bench -- B2 --on mysql',
  configure: () => ({ ...loadLocalConfig(process.env), ...loadConfig(schema, process.env) }),
  async open(config, { clock, ids, random, logger, loggerFor, onFatal }) {
    const { DATABASE_URLS: urls, LOG_PARTITIONS: partitions, PROVIDERS_URL: providersUrl } = config;
    const openLog = async (service: ServiceName): Promise<[ServiceName, EventLog]> => {
      const table = readModelTables[service];
      const storage = await openMysqlLog({ url: urls[service], service, partitions, table, clock });
      return [service, createEventLog({ storage, clock, soleWriter: true })];
    };
    const logs = Object.fromEntries(await Promise.all(services.map(openLog))) as Record<ServiceName, EventLog>;
    const connected = connectTogether({ clock, logger, onFatal }, logs);
    const httpClient = createUndiciHttpClient({ clock });
    // Nobody sends webhooks here.
    const secrets = { psp: randomUUID(), carrier: randomUUID() };
    const deps = { config, connected, providersUrl, secrets, clock, ids, random, httpClient, loggerFor };
    const composed = composeServices(deps);
    return {
      ...composed,
      async close() {
        await httpClient.close();
        await composed.close();
      },
    };
  },
});
