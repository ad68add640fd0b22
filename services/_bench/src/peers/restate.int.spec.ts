import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createOrderRequests } from '../load/order-requests.ts';
import { briefContext } from '../testing/brief-context.ts';
import { createWorkspace, type Workspace } from '../workspace.ts';
import { startRestate } from './restate.ts';

/** Nobody downloads Restate for a test. */
const isInstalled = existsSync(join(import.meta.dirname, '../../peers/restate/node_modules/.stamp'));

let workspace: Workspace;
beforeEach(() => {
  workspace = createWorkspace(tmpdir());
});
afterEach(() => workspace.close());

describe.skipIf(!isInstalled)('Restate (skipped until B2 has installed it)', () => {
  test('it completes orders with the calls of our own services, and the money is where it belongs', async () => {
    const restate = await startRestate(briefContext(workspace));
    try {
      const orders = await restate.openClients(2, createOrderRequests());
      await orders.complete(0);
      await Promise.all([orders.complete(0), orders.complete(1)]);

      await orders.checkMoney();
      await orders.close();
      expect(await requestsOf(restate.providersUrl)).toEqual({
        'POST /bureau/scores': 3,
        'POST /psp/authorizations': 3,
        'POST /carrier/shipments': 3,
        'POST /psp/captures': 3,
        'POST /carrier/shipments/:reference/dispatch': 3,
        'GET /carrier/shipments/:reference': 3,
      });
      const { cpuMs, rssBytes } = await restate.usage();
      expect(cpuMs).toBeGreaterThan(0);
      expect(rssBytes).toBeGreaterThan(0);
    } finally {
      await restate.stop();
    }
  });
});

/** Of the providers, by method and route. */
async function requestsOf(sandboxUrl: string): Promise<Readonly<Record<string, number>>> {
  const metrics = await (await fetch(`${sandboxUrl}/metrics`)).text();
  const lines = metrics.matchAll(/^http_requests_total\{route="([^"]+)",method="([^"]+)".*\} (\d+)$/gm);
  const requests = [...lines].map(([, route, method, count]) => [`${method} ${route}`, Number(count)] as const);
  return Object.fromEntries(requests.filter(([name]) => /\/(psp|carrier|bureau)\//.test(name)));
}
