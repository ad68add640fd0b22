import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Member } from '@checkout/checker';
import { createEventLog } from '@checkout/event-log';
import { openMysqlLog } from '@checkout/event-log/mysql';
import { databaseUrl, dropBus, dropDatabases, loadServers, processNames } from '@checkout/processes';
import { createSystemClock, freePorts } from '@checkout/runtime';
import { createSilentLogger } from '@checkout/runtime/testing';
import { createConnection } from 'mysql2/promise';
import { type MemberUrls, ownAddresses } from './addresses.ts';
import type { Home } from './home.ts';

const main = fileURLToPath(new URL('../../_processes/src/main.ts', import.meta.url));
const partitions = 4;
const webhookSecrets = { psp: 'a secret that psp and payment share', carrier: 'a secret of carrier and shipping' };
let homes = 0;

/** A process for each service, with databases and topics of this home's own on the servers that the environment names. */
export async function prepareServersHome(bus: 'kafka' | 'rabbitmq'): Promise<Home> {
  const serverUrl = process.env['MYSQL_URL'];
  if (serverUrl === undefined) throw new Error(`E2E_ON=${bus} needs MYSQL_URL`);
  const dataDir = await mkdtemp(join(tmpdir(), 'checkout-e2e-'));
  const port = await freePorts(processNames.length);
  const run = `e2e_${process.pid}_${(homes += 1)}`;
  const clock = createSystemClock();
  const databases = { serverUrl, prefix: `${run}_`, clock };
  const urls = Object.fromEntries(
    processNames.map((member, index) => {
      const url = `http://127.0.0.1:${port + index}`;
      return [member, { api: url, ops: url }];
    }),
  );
  const environment = {
    BUS: bus,
    BUS_PREFIX: `${run}.`,
    MYSQL_DATABASE_PREFIX: databases.prefix,
    LOG_PARTITIONS: String(partitions),
    DATA_DIR: dataDir,
    PORT: String(port),
    PSP_WEBHOOK_SECRET: webhookSecrets.psp,
    CARRIER_WEBHOOK_SECRET: webhookSecrets.carrier,
  };
  return {
    command: [main],
    environment,
    addresses: ownAddresses(urls as Record<Member, MemberUrls>),
    webhookSecrets: () => webhookSecrets,
    async openLog(service, table) {
      const url = databaseUrl(databases, service);
      return createEventLog({ storage: await openMysqlLog({ url, service, partitions, table, clock }), clock });
    },
    async execute(service, statement, values) {
      const connection = await createConnection(databaseUrl(databases, service));
      await connection.execute(statement, [...values]);
      await connection.end();
    },
    async remove() {
      await rm(dataDir, { recursive: true, force: true });
      await dropDatabases(databases);
      const connection = loadServers({ ...process.env, ...environment }).connection();
      await dropBus(connection, { logger: createSilentLogger() });
    },
  };
}
