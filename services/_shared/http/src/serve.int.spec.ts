import { connect } from 'node:net';
import { createSystemClock } from '@checkout/runtime';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ApiApp } from './api-app.ts';
import { defineRoute } from './define-route.ts';
import { dropConnection } from './drop-connection.ts';
import { type HttpServer, ListenError, serve } from './serve.ts';
import { createEventStreams } from './sse.ts';
import { createTestApp, stubService } from './testing/test-app.ts';

const clock = createSystemClock();

const keepNote = defineRoute({
  method: 'post',
  path: '/notes',
  operationId: 'keepNote',
  tags: [],
  summary: 'Keep a note',
  access: 'public',
  body: z.strictObject({ note: z.string() }),
  responses: { 200: { description: 'Its length', schema: z.object({ length: z.int() }) } },
  problems: [],
});

async function withServer(
  routes: (app: ApiApp) => unknown,
  act: (server: HttpServer & { readonly url: string }) => Promise<void>,
  endStreams?: () => void,
): Promise<void> {
  const app = createTestApp([stubService({ routes: (api) => void routes(api) })]);
  const server = await serve({ app, host: '127.0.0.1', port: 0, clock, ...(endStreams && { endStreams }) });
  try {
    await act({ ...server, url: `http://127.0.0.1:${server.port}` });
  } finally {
    await server.close(0);
  }
}

describe('a server', () => {
  test('answers over HTTP', () =>
    withServer(
      () => {},
      async ({ url }) => {
        expect((await fetch(`${url}/healthz`)).status).toBe(200);
      },
    ));

  test('says in one line that its port is taken', () =>
    withServer(
      () => {},
      async ({ port }) => {
        const second = serve({ app: createTestApp([stubService()]), host: '127.0.0.1', port, clock });

        await expect(second).rejects.toThrow(new ListenError('address-in-use', '127.0.0.1', port, ''));
        await expect(second).rejects.toMatchObject({ code: 'address-in-use', port });
      },
    ));

  test('resets the connection when a handler drops it', () =>
    withServer(
      (app) => app.get('/down', (c) => dropConnection(c)),
      async ({ url }) => {
        await expect(fetch(`${url}/down`)).rejects.toMatchObject({ cause: { code: 'UND_ERR_SOCKET' } });
        expect((await fetch(`${url}/healthz`)).status).toBe(200);
      },
    ));

  test('refuses a chunked body over the limit', () =>
    withServer(
      (app) => app.openapi(keepNote, (c) => c.json({ length: c.req.valid('json').note.length }, 200)),
      async ({ url }) => {
        const answer = await fetch(`${url}/notes`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: new Blob([`{"note":"${'x'.repeat(200_000)}"}`]).stream(),
          duplex: 'half',
        });

        expect([answer.status, await answer.json()]).toEqual([
          413,
          expect.objectContaining({ code: 'payload-too-large' }),
        ]);
        expect(answer.headers.get('connection')).toBe('close');
      },
    ));

  test('refuses length and chunks at once: that is how requests are smuggled', () =>
    withServer(
      () => {},
      async ({ port }) => {
        const head = ['POST /notes HTTP/1.1', 'Host: localhost', 'Content-Length: 5', 'Transfer-Encoding: chunked'];

        expect(await raw(port, [...head, '', '0', '', ''])).toMatch(/^HTTP\/1\.1 400 /);
      },
    ));

  test.each([
    [
      'a header block that is too large',
      ['GET /healthz HTTP/1.1', 'Host: localhost', `X-Big: ${'x'.repeat(20_000)}`, '', ''],
      431,
    ],
    ['no host', ['GET /healthz HTTP/1.1', '', ''], 400],
    ['no HTTP', ['hello', '', ''], 400],
  ])('answers %s itself', (_what, lines, status) =>
    withServer(
      () => {},
      async ({ port }) => {
        expect(await raw(port, lines)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      },
    ),
  );
});

describe('closing', () => {
  test('lets a running request finish', () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    return withServer(
      (app) =>
        app.get('/slow', async (c) => {
          await released;
          return c.text('done');
        }),
      async ({ url, close }) => {
        const asking = fetch(`${url}/slow`);
        await clock.sleep(50);
        const closing = close(5_000);
        release();

        expect(await (await asking).text()).toBe('done');
        await closing;
        await expect(fetch(`${url}/healthz`)).rejects.toThrow();
      },
    );
  });

  test('cuts a request that does not finish in time', () =>
    withServer(
      (app) => app.get('/stuck', () => new Promise<Response>(() => {})),
      async ({ url, close }) => {
        const asking = fetch(`${url}/stuck`).catch(() => 'cut');
        await clock.sleep(50);
        await close(50);

        expect(await asking).toBe('cut');
      },
    ));

  test('ends event streams and does not wait for idle connections', () => {
    const streams = createEventStreams({ clock });
    return withServer(
      (app) =>
        app.get('/events', (c) => {
          const untilEnd = ({ signal }: { signal: AbortSignal }) =>
            new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
          return streams.open(c, untilEnd) ?? c.text('full', 503);
        }),
      async ({ url, close }) => {
        const stream = await fetch(`${url}/events`);
        // If it waited for them, it would for as long as this.
        await close(600_000);

        expect(await stream.text()).toBe('');
      },
      () => streams.endAll(),
    );
  });
});

function raw(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(lines.join('\r\n')));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
      socket.end();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}
