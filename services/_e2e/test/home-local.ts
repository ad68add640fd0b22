import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { openEmbeddedLog } from '@checkout/messaging/embedded';
import { createSystemClock, createSystemIds, freePort } from '@checkout/runtime';
import { oneAddress } from './addresses.ts';
import type { Home } from './home.ts';

const main = fileURLToPath(new URL('../../_local/src/main.ts', import.meta.url));

/** One process, in an empty directory. */
export async function prepareLocalHome(): Promise<Home> {
  const dataDir = await mkdtemp(join(tmpdir(), 'checkout-e2e-'));
  const port = await freePort();
  return {
    command: [main, '--port', String(port), '--data-dir', dataDir],
    environment: {},
    addresses: oneAddress(`http://127.0.0.1:${port}`),
    webhookSecrets: () =>
      JSON.parse(readFileSync(join(dataDir, 'webhook-secrets.json'), 'utf8')) as { psp: string; carrier: string },
    openLog: (service, table) =>
      Promise.resolve(openEmbeddedLog({ dataDir, clock: createSystemClock(), ids: createSystemIds() }, service, table)),
    execute(service, statement, values) {
      const database = new DatabaseSync(join(dataDir, `${service}.db`));
      database.prepare(statement).run(...values);
      database.close();
      return Promise.resolve();
    },
    remove: () => rm(dataDir, { recursive: true, force: true }),
  };
}
