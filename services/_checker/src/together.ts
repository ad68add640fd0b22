import { type ServiceName, services } from '@checkout/contracts';
import { z } from 'zod';
import { type Get, pagesOf, pageSize, readAs } from './listings.ts';

const ownerOf: Readonly<Record<string, ServiceName>> = {
  orders: 'order',
  sagas: 'orchestrator',
  reviews: 'antifraud',
};

const Verified = z.object({ ok: z.boolean(), services: z.array(z.unknown()) });
const Page = z.object({ items: z.array(z.unknown()), nextCursor: z.string().nullable() });

/**
 * Asks services at addresses of their own as one platform at one address. The sandbox's paths lose their prefix there, and
 * what every service answers for itself is put together.
 */
export function together(gets: Readonly<Record<ServiceName | 'sandbox', Get>>): Get {
  return async (path) => {
    if (path.startsWith('/sandbox/')) return gets.sandbox(path.slice('/sandbox'.length));
    if (path.startsWith('/ops/log/verify')) return { status: 200, body: await verify(gets) };
    if (path.startsWith('/v1/dead-letters')) return { status: 200, body: await listDeadLetters(gets) };
    const owner = ownerOf[/^\/v1\/(\w+)/.exec(path)?.[1] ?? ''];
    if (owner === undefined) throw new Error(`nobody is known for ${path}`);
    return gets[owner](path);
  };
}

async function verify(gets: Readonly<Record<ServiceName, Get>>) {
  const answers: z.infer<typeof Verified>[] = [];
  for (const name of services) answers.push(await readAs(gets[name], '/ops/log/verify', Verified));
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
