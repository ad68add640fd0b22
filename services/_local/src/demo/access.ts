import type { HttpClient } from '@checkout/runtime';
import { z } from 'zod';
import { sandboxPath } from '../sandbox-path.ts';

/** The demo's own subject; it acts for all users, as a cart and an operator do. */
const wish = {
  subject: 'demo',
  scopes: ['orders:read', 'orders:write', 'orders:place-for', 'ops'],
  // A run of a million orders takes hours.
  expiresInS: 86_400,
};
const TokenBody = z.object({ token: z.string() });
const timeoutMs = 5_000;

/**
 * Finds out whether the platform asks who calls, and what to show it: `given`, or a test token of the platform's own sandbox.
 *
 * @param given from the environment variable `TOKEN`
 * @returns a client that shows the token, or the same one when none is needed
 * @throws Error in one line when the platform accepts neither
 */
export async function withAccess(httpClient: HttpClient, url: string, given: string | undefined): Promise<HttpClient> {
  if (given !== undefined) return accepted(url, given, httpClient, 'refuses TOKEN');
  if ((await refusal(httpClient, url)) === undefined) return httpClient;
  const minted = await httpClient.send({
    method: 'POST',
    url: `${url}${sandboxPath}/tokens`,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(wish),
    timeoutMs,
  });
  if (minted.kind !== 'response' || minted.status !== 201)
    throw refused(url, 'asks for a token, and its sandbox gives none');
  const { token } = TokenBody.parse(JSON.parse(minted.body));
  return accepted(url, token, httpClient, 'asks for a token, and does not trust those of its sandbox');
}

async function accepted(url: string, token: string, httpClient: HttpClient, fault: string): Promise<HttpClient> {
  const showing: HttpClient = {
    ...httpClient,
    send: (request) =>
      httpClient.send({ ...request, headers: { ...request.headers, Authorization: `Bearer ${token}` } }),
  };
  const status = await refusal(showing, url);
  if (status === undefined) return showing;
  throw refused(url, `${fault} (${status})`);
}

function refused(url: string, fault: string): Error {
  return new Error(`${url} ${fault}: give one in TOKEN, with the scopes ${wish.scopes.join(' ')}`);
}

/** 401 or 403, by a route that wants the most. Whatever else is wrong comes to light when orders are placed. */
async function refusal(httpClient: HttpClient, url: string): Promise<number | undefined> {
  const answer = await httpClient.send({ method: 'GET', url: `${url}/v1/sagas?limit=1`, timeoutMs });
  return answer.kind === 'response' && [401, 403].includes(answer.status) ? answer.status : undefined;
}
