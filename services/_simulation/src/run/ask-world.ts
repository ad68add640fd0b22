import { services } from '@checkout/contracts';
import { deliver, type Server } from '../ports/simulated-network.ts';
import type { World } from './world.ts';
import { originOf } from './services.ts';

export type Answered = { readonly status: number; readonly body: unknown };

/** Asks the world as if it had one base URL, past the network and its faults: what a reader of the end does. */
export type AskWorld = (method: string, path: string, body?: unknown) => Promise<Answered>;

/** @param drive lets virtual time go on until the promise is settled */
export function createAskWorld(world: World, drive: <Value>(promise: Promise<Value>) => Promise<Value>): AskWorld {
  const serverOf = (path: string): Server => {
    const name = ownerOf(path);
    const server = name === 'sandbox' ? world.sandbox : world.route(originOf(name));
    if (server === undefined) throw new Error(`nobody answers ${path}: no instance of ${name} is up`);
    return server;
  };
  const askOne = async (server: Server, method: string, path: string, body: unknown): Promise<Answered> => {
    const request = {
      method: method as 'GET',
      url: `http://world.test${path.replace(/^\/sandbox/, '')}`,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    const answer = (async () => {
      const response = await deliver(server, request, new AbortController().signal, 0);
      return { status: response.status, body: JSON.parse((await response.text()) || 'null') as unknown };
    })();
    return drive(answer);
  };

  return async (method, path, body) => {
    if (!path.startsWith('/ops/log/verify') && !path.startsWith('/v1/dead-letters')) {
      return askOne(serverOf(path), method, path, body);
    }
    const parts: Answered[] = [];
    for (const service of services) {
      const server = world.route(originOf(service));
      if (server === undefined) throw new Error(`no instance of ${service} is up`);
      parts.push(await askOne(server, method, path, body));
    }
    return merge(path, parts);
  };
}

function ownerOf(path: string) {
  if (path.startsWith('/sandbox/')) return 'sandbox';
  if (path.startsWith('/v1/orders')) return 'order';
  if (path.startsWith('/v1/sagas')) return 'orchestrator';
  if (path.startsWith('/v1/reviews')) return 'antifraud';
  if (path.startsWith('/v1/payments')) return 'payment';
  if (path.startsWith('/v1/shipments')) return 'shipping';
  throw new Error(`nobody is known for ${path}`);
}

/** What one process with all services would answer. */
function merge(path: string, parts: readonly Answered[]): Answered {
  const status = Math.max(...parts.map((part) => part.status));
  if (path.startsWith('/ops/log/verify')) {
    const verified = parts.map(({ body }) => body as { readonly ok: boolean; readonly services: readonly unknown[] });
    return {
      status,
      body: { ok: verified.every(({ ok }) => ok), services: verified.flatMap((each) => each.services) },
    };
  }
  const pages = parts.map(({ body }) => body as { readonly items: readonly unknown[] });
  return { status, body: { items: pages.flatMap(({ items }) => items), nextCursor: null } };
}

/** How often each misfortune of each provider struck, as `<provider> <fault>`. */
export async function readProviderFaults(
  world: World,
  drive: <Value>(promise: Promise<Value>) => Promise<Value>,
): Promise<Readonly<Record<string, number>>> {
  const request = { method: 'GET', url: 'http://world.test/metrics' } as const;
  const response = await drive(deliver(world.sandbox, request, new AbortController().signal, 0));
  const samples = (await response.text()).matchAll(
    /^sandbox_faults_total\{.*?provider="(\w+)",fault="([\w-]+)".*?\} (\d+)$/gm,
  );
  return Object.fromEntries([...samples].map(([, provider, fault, count]) => [`${provider} ${fault}`, Number(count)]));
}
