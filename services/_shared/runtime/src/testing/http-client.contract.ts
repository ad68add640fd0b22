import { describe, expect, test } from 'vitest';
import type { HttpClient, HttpRequest } from '../http-client.ts';
import type { AppFetch } from './app-http-client.ts';

/** An `HttpClient`, and a server for it to talk to. */
export type HttpClientWorld = {
  readonly client: HttpClient;
  /** Where `app` answers; an `app` that throws resets the connection. */
  readonly url: string;
  /** Where nobody listens. */
  readonly deadUrl: string;
  /** Lets this much time go by. */
  readonly pass: (ms: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Response bodies beyond this are cut off in each world. */
export const contractMaxResponseBytes = 10_000;

/** What every `HttpClient` must do; run on each adapter and on the in-memory twin. */
export function describeHttpClient(name: string, createWorld: (app: AppFetch) => Promise<HttpClientWorld>): void {
  const inWorld = async (app: AppFetch, act: (world: HttpClientWorld) => Promise<void>) => {
    const world = await createWorld(app);
    try {
      await act(world);
    } finally {
      await world.close();
    }
  };
  const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
    method: 'GET',
    url,
    timeoutMs: 2_000,
    ...more,
  });
  const hang: AppFetch = () => new Promise<Response>(() => {});

  describe(`${name} as an HttpClient`, () => {
    test('sends method, path, query, headers and body as given', () =>
      inWorld(
        async (request) => {
          const { pathname, search } = new URL(request.url);
          return Response.json([request.method, pathname + search, request.headers.get('x-key'), await request.text()]);
        },
        async ({ client, url }) => {
          const result = await client.send({
            method: 'POST',
            url: `${url}/a/b?c=d`,
            headers: { 'X-Key': 'k' },
            body: '{"ä":1}',
            timeoutMs: 2_000,
          });

          expect(result).toMatchObject({ kind: 'response', body: '["POST","/a/b?c=d","k","{\\"ä\\":1}"]' });
        },
      ));

    test('gives status, headers in lower case, and body of any response', () =>
      inWorld(
        () => new Response('gone', { status: 410, headers: { 'X-Why': 'moved' } }),
        async ({ client, url }) => {
          const result = await client.send(get(url));

          expect(result).toMatchObject({ kind: 'response', status: 410, body: 'gone', headers: { 'x-why': 'moved' } });
        },
      ));

    test('does not follow redirects', () =>
      inWorld(
        () => new Response(null, { status: 302, headers: { Location: '/elsewhere' } }),
        async ({ client, url }) => {
          expect(await client.send(get(url))).toMatchObject({ kind: 'response', status: 302 });
        },
      ));

    test('nobody listening is not-sent', () =>
      inWorld(hang, async ({ client, deadUrl }) => {
        expect(await client.send(get(deadUrl))).toEqual({ kind: 'not-sent', reason: 'connect-failed' });
      }));

    test('no answer in time is no-answer', () =>
      inWorld(hang, async ({ client, url, pass }) => {
        const sending = client.send(get(url, { timeoutMs: 100 }));
        await pass(100);

        expect(await sending).toEqual({ kind: 'no-answer', reason: 'timeout' });
      }));

    test('a connection that is reset after the request is no-answer', () =>
      inWorld(
        () => Promise.reject(new Error('crash')),
        async ({ client, url }) => {
          expect(await client.send(get(url))).toEqual({ kind: 'no-answer', reason: 'reset' });
        },
      ));

    test('a response that is too large is no-answer: what it said is not known', () =>
      inWorld(
        () => new Response('x'.repeat(contractMaxResponseBytes + 1)),
        async ({ client, url }) => {
          expect(await client.send(get(url))).toEqual({ kind: 'no-answer', reason: 'response-too-large' });
        },
      ));

    test('a caller who has given up before sends nothing', () =>
      inWorld(hang, async ({ client, url }) => {
        const result = await client.send(get(url, { signal: AbortSignal.abort() }));

        expect(result).toEqual({ kind: 'not-sent', reason: 'aborted' });
      }));

    test('a caller who gives up while the server works does not know', () =>
      inWorld(hang, async ({ client, url, pass }) => {
        const caller = new AbortController();
        const sending = client.send(get(url, { signal: caller.signal }));
        await pass(100);
        caller.abort();

        expect(await sending).toEqual({ kind: 'no-answer', reason: 'aborted' });
      }));

    test('closing ends running requests as no-answer, and later ones as not-sent', () =>
      inWorld(hang, async ({ client, url, pass }) => {
        const sending = client.send(get(url));
        await pass(100);
        await client.close();

        expect(await sending).toEqual({ kind: 'no-answer', reason: 'reset' });
        expect(await client.send(get(url))).toEqual({ kind: 'not-sent', reason: 'closed' });
      }));
  });
}
