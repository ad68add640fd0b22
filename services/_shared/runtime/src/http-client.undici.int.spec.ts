import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createUndiciHttpClient } from './http-client.undici.ts';
import { createSystemClock } from './system.ts';
import type { AppFetch } from './testing/app-http-client.ts';
import { contractMaxResponseBytes, describeHttpClient } from './testing/http-client.contract.ts';

const clock = createSystemClock();

describeHttpClient('the undici client', async (app) => {
  const server = await startServer(app);
  const dead = await startServer(app);
  await dead.close();
  const client = createUndiciHttpClient({ clock, maxResponseBytes: contractMaxResponseBytes });
  const close = async () => {
    await client.close();
    await server.close();
  };
  return { client, url: server.url, deadUrl: dead.url, pass: (ms) => clock.sleep(ms), close };
});

test('a request that never got a connection is not-sent, and is not sent later either', async () => {
  const seen: string[] = [];
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const server = await startServer(async (request) => {
    seen.push(new URL(request.url).pathname);
    await released;
    return new Response('ok');
  });
  const client = createUndiciHttpClient({ clock, maxConnections: 1 });

  const first = client.send({ method: 'GET', url: `${server.url}/first`, timeoutMs: 2_000 });
  const second = client.send({ method: 'GET', url: `${server.url}/second`, timeoutMs: 100 });
  expect(await second).toEqual({ kind: 'not-sent', reason: 'timeout' });
  release();
  expect(await first).toMatchObject({ kind: 'response', status: 200 });
  const third = await client.send({ method: 'GET', url: `${server.url}/third`, timeoutMs: 2_000 });

  expect(third).toMatchObject({ kind: 'response' });
  expect(seen).toEqual(['/first', '/third']);
  await client.close();
  await server.close();
});

test('connections are kept and used again', async () => {
  const server = await startServer(() => new Response('ok'));
  const client = createUndiciHttpClient({ clock });

  for (let count = 0; count < 20; count += 1) {
    await client.send({ method: 'GET', url: server.url, timeoutMs: 2_000 });
  }

  // The next request may come before the connection of the last one has been given back.
  expect(server.connections()).toBeLessThanOrEqual(2);
  await client.close();
  await server.close();
});

async function startServer(app: AppFetch) {
  let connections = 0;
  const server = createServer((incoming, outgoing) => void answer(app, incoming, outgoing));
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => connections,
    close: async () => {
      const closed = new Promise((resolve) => void server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(app: AppFetch, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { method = 'GET', url = '/', headers } = incoming;
  const body = method === 'GET' ? {} : { body: Buffer.concat(chunks) };
  try {
    const entries = Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    );
    const response = await app(
      new Request(`http://server.test${url}`, { method, headers: entries as [string, string][], ...body }),
    );
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(await response.text());
  } catch {
    incoming.socket.destroy();
  }
}
