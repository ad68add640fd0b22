import process from 'node:process';
import { services } from '@checkout/contracts';
import { z } from 'zod';
import { ownAddresses } from './addresses.ts';
import { createClient } from './client.ts';
import type { Platform } from './platform.ts';

/** Where orders are taken from the public; and of each member, where its API and its operations answer inside. */
const Urls = z.object({
  edge: z.url(),
  members: z.record(z.enum([...services, 'sandbox']), z.object({ api: z.url(), ops: z.url() })),
});

/**
 * A platform that runs already and is others' as well, at the addresses in `E2E_URLS`, as `k8s/verify/e2e` finds them. Nothing
 * of it is started, ended or opened, and only what happens from now on is looked at.
 *
 * @throws Error when a test wants what only its own platform can do
 */
export function reachCluster(): Platform {
  const given = process.env['E2E_URLS'];
  if (given === undefined) throw new Error('E2E_ON=cluster needs E2E_URLS: k8s/verify/e2e sets it');
  const { edge, members } = Urls.parse(JSON.parse(given));
  const refuse = () => Promise.reject(new Error('this test needs a platform of its own'));
  return {
    client: createClient(ownAddresses(members, edge), new Date().toISOString()),
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
