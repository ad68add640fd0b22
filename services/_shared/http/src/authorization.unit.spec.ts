import { createVirtualClock } from '@checkout/kernel/testing';
import { createJoseTokenVerifier, createTokenKeys } from '@checkout/runtime';
import {
  createAppHttpClient,
  createSilentLogger,
  createTestTokenIssuer,
  testAudience,
  testIssuer,
  type TokenParts,
} from '@checkout/runtime/testing';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { requestOf } from './api-app.ts';
import { createOperationsApp, type AppOptions } from './create-app.ts';
import { defineRoute } from './define-route.ts';
import { createMemoryRateLimiter } from './rate-limiter.memory.ts';
import { type Access, scopes } from './scopes.ts';
import { createTestApp, send, stubService } from './testing/test-app.ts';

const clock = createVirtualClock();
/** Its keys take a while to make. */
const issuer = createTestTokenIssuer(() => clock.now());

const who = z.object({ subject: z.string().nullable(), scopes: z.array(z.string()) });
const route = (path: string, access: Access) =>
  defineRoute({
    method: 'get',
    path,
    operationId: path.replaceAll(/\W/g, '-'),
    tags: ['test'],
    summary: 'Who calls?',
    access,
    params: z.object({ id: z.string() }).partial(),
    responses: { 200: { description: 'You', schema: who } },
    problems: [],
  });

const routes = {
  '/v1/public': 'public',
  '/v1/orders': 'orders:read',
  '/v1/orders/{id}': 'orders:read',
  '/v1/place': ['orders:write', 'orders:place-for'],
  '/v1/sagas': 'ops',
} as const satisfies Record<string, Access>;

const service = stubService({
  routes(app) {
    for (const [path, access] of Object.entries(routes)) {
      app.openapi(route(path, access), (c) => {
        const { subject = null, holds } = requestOf(c).caller;
        return c.json({ subject, scopes: Object.keys(scopes).filter((scope) => holds(scope as never)) }, 200);
      });
    }
  },
});

function setup(options: Partial<AppOptions> = {}) {
  const keys = { asked: 0, isAway: false };
  const httpClient = createAppHttpClient({
    clock,
    apps: {
      'http://issuer.test': () => {
        keys.asked += 1;
        return keys.isAway ? new Response('', { status: 503 }) : Response.json(issuer.jwks());
      },
    },
  });
  const found = createTokenKeys({ url: 'http://issuer.test/keys', httpClient, clock, logger: createSilentLogger() });
  const verifier = createJoseTokenVerifier({ issuer: testIssuer, audience: testAudience, keys: found, clock });
  const app = createTestApp([service], clock, { verifier, ...options });
  const ask = (path: string, authorization?: string, method = 'GET') =>
    send(app, method, path, authorization === undefined ? {} : { headers: { Authorization: authorization } });
  return { app, ask, keys, verifier };
}

const bearer = (scope: string, parts: TokenParts = {}) =>
  `Bearer ${issuer.token({ ...parts, claims: { scope, ...parts.claims } })}`;

describe('who proves nothing', () => {
  test('is told how to', async () => {
    const { status, headers, body } = await setup().ask('/v1/orders');

    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer');
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(body).toMatchObject({ code: 'unauthenticated', detail: expect.stringContaining('Authorization: Bearer') });
  });

  test.each([
    'Basic dTpw',
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Bearer a, Bearer b',
    'Bearer "a"',
    'bearera.b.c',
    '',
    'a.b.c',
  ])('with the header %j is told to send one token and no other scheme', async (header) => {
    const { status, headers } = await setup().ask('/v1/orders', header);

    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_request"');
  });

  test('with a token twice is refused, although each of them is good', async () => {
    const good = bearer('orders:read');
    const { status } = await setup().ask('/v1/orders', `${good}, ${good}`);

    expect(status).toBe(401);
  });

  test.each<[TokenParts, string]>([
    [{ expiresIn: -61 }, 'The token has expired'],
    [{ claims: { aud: 'other' } }, 'The token is meant for another audience'],
    [{ claims: { iss: 'other' } }, 'The token is from another issuer'],
    [{ signedBy: 'stranger' }, 'The token is not signed by a key of the issuer'],
    [
      { signedBy: 'stranger', expiresIn: -61, claims: { aud: 'other' } },
      'The token is not signed by a key of the issuer',
    ],
  ])('with the token %j learns what to do about it, and no more', async (parts, detail) => {
    const { status, headers, body } = await setup().ask('/v1/orders', bearer('orders:read', parts));

    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(body).toMatchObject({ code: 'unauthenticated', detail: expect.stringContaining(detail) });
  });

  test('is not refused but asked to come again while the issuer is away', async () => {
    const { ask, keys } = setup();
    keys.isAway = true;
    const { status, headers, body } = await ask('/v1/orders', bearer('orders:read'));

    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('1');
    expect(headers.has('www-authenticate')).toBe(false);
    expect(body).toMatchObject({ code: 'unavailable', detail: expect.stringContaining('The token cannot be checked') });
  });

  test('learns that a path leads nowhere, and which methods another has', async () => {
    const { ask } = setup();

    expect(await ask('/v1/nothing')).toMatchObject({ status: 404 });
    expect(await ask('/v1/orders', undefined, 'PUT')).toMatchObject({ status: 405 });
    expect(await ask('/v1/orders', undefined, 'OPTIONS')).toMatchObject({ status: 204 });
  });

  test.each([
    '/v1/orders/',
    '//v1/orders',
    '/v1//orders',
    '/V1/orders',
    '/v1/./orders',
    '/v1/public/../orders',
    '/v1/public/..%2forders',
    '/v1/%6frders',
    '/v1/public/%2e%2e/orders',
    '/v1/orders?public',
    '/v1/orders/x',
    '/v1/orders;x',
  ])('does not come to an order by writing its path as %s', async (path) => {
    for (const method of ['GET', 'HEAD', 'POST']) {
      expect((await setup().ask(path, undefined, method)).status).toBeGreaterThanOrEqual(401);
    }
  });
});

describe('who proves to be somebody', () => {
  test('comes through with what their token says', async () => {
    const { ask } = setup();
    const token = bearer('orders:read unheard-of', { claims: { sub: 'ada' } });
    const known = { status: 200, body: { subject: 'ada', scopes: ['orders:read'] } };

    expect(await ask('/v1/orders', token)).toMatchObject(known);
    expect(await ask('/v1/orders/x', token)).toMatchObject(known);
    expect(await ask('/v1/orders', token.replace('Bearer', 'bearer'))).toMatchObject(known);
    expect(await ask('/v1/orders', token, 'HEAD')).toMatchObject({ status: 200 });
  });

  test.each([
    ['/v1/sagas', 'orders:read orders:write orders:place-for', 'ops'],
    ['/v1/orders', 'ops orders:write', 'orders:read'],
    ['/v1/place', 'orders:write ops', 'orders:place-for'],
    ['/v1/place', 'orders:read', 'orders:write orders:place-for'],
    ['/v1/orders', 'ORDERS:READ orders:rea orders:readx orders', 'orders:read'],
    ['/v1/orders', 'orders:read,ops', 'orders:read'],
    ['/v1/orders', '', 'orders:read'],
  ])('and asks for %s with the scope %j is told that %s is missing', async (path, scope, missing) => {
    const { status, headers, body } = await setup().ask(path, bearer(scope));

    expect(status).toBe(403);
    expect(headers.get('www-authenticate')).toBe(`Bearer error="insufficient_scope", scope="${missing}"`);
    expect(body).toMatchObject({ code: 'forbidden' });
    for (const name of missing.split(' ')) expect(body).toMatchObject({ detail: expect.stringContaining(name) });
  });

  test('holds all of several scopes, or does not come through', async () => {
    expect(await setup().ask('/v1/place', bearer('orders:place-for orders:write'))).toMatchObject({ status: 200 });
  });
});

test('a public route asks nobody, not even who sends nonsense while the issuer is away', async () => {
  const { ask, keys } = setup();
  keys.isAway = true;

  expect(await ask('/v1/public')).toMatchObject({ status: 200, body: { subject: null, scopes: [] } });
  expect(await ask('/v1/public', bearer('ops'))).toMatchObject({ status: 200, body: { subject: null, scopes: [] } });
  expect(await ask('/v1/public', 'nonsense')).toMatchObject({ status: 200 });
  expect(keys.asked).toBe(0);
});

test('without a verifier everybody may do everything, and nobody is asked', async () => {
  const { ask, keys } = setup({ verifier: undefined });

  expect(await ask('/v1/sagas', 'nonsense')).toMatchObject({ status: 200, body: { subject: null } });
  expect(keys.asked).toBe(0);
});

describe('the rate', () => {
  test('is counted by subject for who proved to be one, and by address for all others', async () => {
    vi.useFakeTimers();
    const { app } = setup({ rateLimiter: createMemoryRateLimiter({ perSecond: 2 }) });
    const ask = async (address: string, authorization?: string) => {
      const headers = authorization === undefined ? {} : { Authorization: authorization };
      const from = { incoming: { socket: { remoteAddress: address }, headersDistinct: {} } };
      return (await app.fetch(new Request('http://localhost/v1/orders', { headers }), from)).status;
    };
    const ada = bearer('orders:read', { claims: { sub: 'ada' } });
    const bob = bearer('orders:read', { claims: { sub: 'bob' } });
    const forged = bearer('orders:read', { signedBy: 'stranger', claims: { sub: 'eve' } });

    expect([await ask('192.0.2.1', ada), await ask('192.0.2.2', ada), await ask('192.0.2.3', ada)]).toEqual([
      200, 200, 429,
    ]);
    expect([await ask('192.0.2.1', bob), await ask('192.0.2.1', bob)]).toEqual([200, 200]);
    expect([await ask('192.0.2.1', forged), await ask('192.0.2.1'), await ask('192.0.2.1', forged)]).toEqual([
      401, 401, 429,
    ]);
    expect(await ask('192.0.2.4', forged)).toBe(401);
    vi.useRealTimers();
  });
});

describe('the operations', () => {
  test('beside the API are open to probes, and else to operators', async () => {
    const { ask } = setup();
    const statuses = async (authorization?: string) => {
      const paths = ['/healthz', '/readyz', '/metrics', '/ops/log/verify'];
      return Promise.all(paths.map(async (path) => (await ask(path, authorization)).status));
    };

    expect(await statuses()).toEqual([200, 200, 401, 401]);
    expect(await statuses(bearer('orders:read'))).toEqual([200, 200, 403, 403]);
    expect(await statuses(bearer('ops'))).toEqual([200, 200, 200, 200]);
  });

  test('on a port of their own are open to scrapers too, and are nowhere else', async () => {
    const { app, verifier } = setup({ hasOperationsApp: true });
    const { logger } = app;
    const ids = { uuid: () => 'x' };
    const own = createOperationsApp({ services: [service], clock, ids, logger, title: 't', version: 'v', verifier });
    const statusOf = async (path: string, authorization?: string) =>
      (await own.request(path, { headers: authorization === undefined ? {} : { authorization } })).status;

    for (const path of ['/healthz', '/readyz', '/metrics']) {
      expect(await statusOf(path)).toBe(200);
      expect(await send(app, 'GET', path)).toMatchObject({ status: 404 });
    }
    expect(await statusOf('/ops/log/verify')).toBe(401);
    expect(await statusOf('/ops/log/verify', bearer('orders:read'))).toBe(403);
    expect(await statusOf('/ops/log/verify', bearer('ops'))).toBe(200);
    expect(await statusOf('/v1/orders', bearer('ops orders:read'))).toBe(404);
    expect(JSON.stringify((await send(app, 'GET', '/')).body)).not.toContain('/metrics');
  });
});

test('the documentation is public, and says what each operation asks for', async () => {
  const { ask } = setup();
  for (const path of ['/', '/docs', '/docs/errors', '/docs/assets/start.js']) {
    expect(await ask(path)).toMatchObject({ status: 200 });
  }
  const { body } = await ask('/openapi.json');
  const document = body as {
    readonly paths: Record<string, { readonly get: { readonly security?: unknown; readonly responses: object } }>;
    readonly components: { readonly securitySchemes: unknown };
  };

  expect(document.components.securitySchemes).toMatchObject({ token: { type: 'http', scheme: 'bearer' } });
  expect(document.paths['/v1/place']?.get.security).toEqual([{ token: ['orders:write', 'orders:place-for'] }]);
  expect(Object.keys(document.paths['/v1/place']?.get.responses ?? {})).toEqual(expect.arrayContaining(['401', '403']));
  expect(document.paths['/v1/public']?.get.security).toBeUndefined();
  expect(JSON.stringify(document)).not.toContain('x-access');
});

test('the documentation of an app that asks nobody does not say that it did', async () => {
  const { body } = await setup({ verifier: undefined }).ask('/openapi.json');

  expect(JSON.stringify(body)).not.toMatch(/securitySchemes|"security"|"401"|x-access/);
});

test('a route that does not say who may use it stops the start', () => {
  const forgetful = stubService({ routes: (app) => void app.get('/v1/secrets', (c) => c.text('all of them')) });
  const { verifier } = setup();

  expect(() => createTestApp([forgetful], clock, { verifier })).toThrow('GET /v1/secrets does not say who may use it');
});

test('no token is in the log', async () => {
  const { app, ask } = setup();
  const tokens = [
    bearer('orders:read'),
    bearer('orders:read', { signedBy: 'stranger' }),
    bearer('ops', { expiresIn: -90 }),
  ];
  for (const token of tokens) await ask('/v1/orders', token);
  const log = JSON.stringify(app.logger.lines);

  expect(app.logger.lines.length).toBe(3);
  for (const token of tokens) for (const part of token.split(/[ .]/).slice(1)) expect(log).not.toContain(part);
});
