import { type ServiceName, services } from '@checkout/contracts';
import { z } from 'zod';
import { type Get, type GetOptions, pagesOf, pageSize, readAs } from './listings.ts';

/** A process of the platform: a service, or the sandbox that stands in for the providers. */
export type Member = ServiceName | 'sandbox';

const owners: readonly (readonly [prefix: string, owner: ServiceName])[] = [
  ['/v1/orders', 'order'],
  ['/v1/sagas', 'orchestrator'],
  ['/v1/reviews', 'antifraud'],
  ['/v1/payments', 'payment'],
  ['/v1/reconciliation', 'payment'],
  ['/v1/webhooks/psp', 'payment'],
  ['/v1/shipments', 'shipping'],
  ['/v1/webhooks/carrier', 'shipping'],
];
const sandboxPrefix = '/sandbox';

/** Who answers a path of the platform, and under which path of its own; `undefined` for what is nobody's alone. */
export function memberAt(path: string): { readonly member: Member; readonly path: string } | undefined {
  if (path.startsWith(`${sandboxPrefix}/`)) return { member: 'sandbox', path: path.slice(sandboxPrefix.length) };
  const owner = owners.find(([prefix]) => path.startsWith(prefix))?.[1];
  return owner && { member: owner, path };
}

const Verified = z.object({ ok: z.boolean(), services: z.array(z.unknown()) });
const Page = z.object({ items: z.array(z.unknown()), nextCursor: z.string().nullable() });

/**
 * Asks services at addresses of their own as one platform at one address. The sandbox's paths lose their prefix there, and
 * what every service answers for itself is put together.
 */
export function together(gets: Readonly<Record<Member, Get>>): Get {
  return async (path, options) => {
    if (path.startsWith('/ops/log/verify')) return { status: 200, body: await verify(gets, options) };
    if (path.startsWith('/v1/dead-letters')) return { status: 200, body: await listDeadLetters(gets) };
    const found = memberAt(path);
    if (found === undefined) throw new Error(`nobody is known for ${path}`);
    return gets[found.member](found.path, options);
  };
}

async function verify(gets: Readonly<Record<ServiceName, Get>>, options?: GetOptions) {
  const answers: z.infer<typeof Verified>[] = [];
  for (const name of services) answers.push(await readAs(gets[name], '/ops/log/verify', Verified, options));
  return { ok: answers.every(({ ok }) => ok), services: answers.flatMap((answer) => answer.services) };
}

/** All of them as one page. */
async function listDeadLetters(gets: Readonly<Record<ServiceName, Get>>) {
  const letters: unknown[] = [];
  for (const name of services) {
    for await (const { items } of pagesOf(gets[name], `/v1/dead-letters?limit=${pageSize}`, Page))
      letters.push(...items);
  }
  return { items: letters, nextCursor: null };
}
