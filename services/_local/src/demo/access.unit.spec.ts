import type { HttpClient, HttpRequest } from '@checkout/runtime';
import { describe, expect, test } from 'vitest';
import { withAccess } from './access.ts';

const url = 'http://platform';

/** A platform that lets in who shows one of these tokens, or everybody; its sandbox gives `minted`. */
function platform(trusted: readonly string[] | 'everybody', { refusedWith = 401, minting = 201 } = {}) {
  const sent: HttpRequest[] = [];
  const answer = (status: number, body: unknown = {}) =>
    ({ kind: 'response', status, headers: {}, body: JSON.stringify(body) }) as const;
  const httpClient: HttpClient = {
    async send(request) {
      sent.push(request);
      if (request.url.endsWith('/sandbox/tokens')) return answer(minting, { token: 'minted' });
      const shown = request.headers?.['Authorization']?.replace('Bearer ', '') ?? '';
      return answer(trusted === 'everybody' || trusted.includes(shown) ? 200 : refusedWith);
    },
    close: async () => {},
  };
  return { httpClient, sent };
}

describe('the demo', () => {
  test('shows nothing where nobody is asked', async () => {
    const { httpClient } = platform('everybody');

    expect(await withAccess(httpClient, url, undefined)).toBe(httpClient);
  });

  test('shows a token of the sandbox with each request, beside the request’s own headers', async () => {
    const { httpClient, sent } = platform(['minted']);
    const client = await withAccess(httpClient, url, undefined);
    await client.send({ method: 'POST', url, headers: { 'Idempotency-Key': 'k' }, timeoutMs: 1 });

    expect(sent.at(-1)?.headers).toEqual({ 'Idempotency-Key': 'k', Authorization: 'Bearer minted' });
  });

  test('shows the token that it was given, and asks the sandbox for none', async () => {
    const { httpClient, sent } = platform(['given']);
    await withAccess(httpClient, url, 'given');

    expect(sent.map((request) => request.headers)).toEqual([{ Authorization: 'Bearer given' }]);
  });

  test.each([
    [undefined, 401, 'asks for a token, and does not trust those of its sandbox (401)'],
    ['given', 401, 'refuses TOKEN (401)'],
    ['given', 403, 'refuses TOKEN (403)'],
  ])('says in one line what a platform wants that does not accept %s: %i', async (given, status, fault) => {
    const { httpClient } = platform(['another'], { refusedWith: status });

    await expect(withAccess(httpClient, url, given)).rejects.toThrow(
      `http://platform ${fault}: give one in TOKEN, with the scopes orders:read orders:write orders:place-for ops`,
    );
  });

  test('says in one line that the sandbox gives no token', async () => {
    const { httpClient } = platform([], { minting: 404 });

    await expect(withAccess(httpClient, url, undefined)).rejects.toThrow('its sandbox gives none: give one in TOKEN');
  });
});
