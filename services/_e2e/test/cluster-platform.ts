import process from 'node:process';
import { memberAt } from '@checkout/checker';
import { services } from '@checkout/contracts';
import { z } from 'zod';
import type { Addresses } from './addresses.ts';
import { createClient } from './client.ts';
import type { Platform } from './platform.ts';

/** Where orders are taken from the public; and of each member, where its API and its operations answer inside. */
const Urls = z.object({
  edge: z.url(),
  members: z.record(z.enum([...services, 'sandbox']), z.object({ api: z.url(), ops: z.url() })),
});
type Urls = z.infer<typeof Urls>;

/**
 * A platform that runs already and is others' as well, at the addresses in `E2E_URLS`, as `k8s/verify/e2e` finds them. Nothing
 * of it is started, ended or opened, and only what happens from now on is looked at.
 *
 * @throws Error when a test wants what only its own platform can do
 */
export function reachCluster(): Platform {
  const given = process.env['E2E_URLS'];
  if (given === undefined) throw new Error('E2E_ON=cluster needs E2E_URLS: k8s/verify/e2e sets it');
  const refuse = () => Promise.reject(new Error('this test needs a platform of its own'));
  return {
    client: createClient(addressesOf(Urls.parse(JSON.parse(given))), new Date().toISOString()),
    webhookSecrets() {
      throw new Error('this test needs to know the secrets of the webhooks');
    },
    openLog: refuse,
    execute: refuse,
    kill: refuse,
    restart: refuse,
    stop: () => Promise.resolve(),
  };
}

function addressesOf({ edge, members }: Urls): Addresses {
  const apis = services.map((service) => members[service].api);
  const operations = services.map((service) => members[service].ops);
  return {
    of(path) {
      const found = memberAt(path);
      if (found === undefined || found.member === 'order') return `${edge}${path}`;
      return `${members[found.member].api}${found.path}`;
    },
    all: operations,
    sharing(path) {
      if (path.startsWith('/v1/dead-letters')) return apis;
      return path.startsWith('/ops/') || path === '/readyz' ? operations : [];
    },
  };
}
