import { domainError, UnavailableError } from '@checkout/kernel';
import { createVirtualClock } from '@checkout/kernel/testing';
import { createMetrics, renderMetrics } from '@checkout/runtime';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { requestOf } from './api-app.ts';
import { defineRoute } from './define-route.ts';
import { dropConnection } from './drop-connection.ts';
import { maxBodyBytes } from './json-body.ts';
import {
  idempotencyKeyHeader,
  idempotencyKeyProblems,
  integerParameter,
  orderIdParameter,
  readIdempotencyKey,
} from './parameters.ts';
import { problem } from './problem.ts';
import type { ServiceModule } from './service-module.ts';
import { createTestApp, send, stubService } from './testing/test-app.ts';

const orderId = '0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01';
const echoed = z.object({ value: z.unknown() });

const place = defineRoute({
  method: 'post',
  path: '/v1/orders',
  operationId: 'place',
  tags: ['orders'],
  summary: 'Place',
  access: 'public',
  headers: idempotencyKeyHeader,
  body: z.strictObject({
    userId: z.string(),
    note: z.string().optional(),
    items: z.array(z.strictObject({ quantity: z.int().min(1) })).max(3),
  }),
  responses: { 201: { description: 'Placed', schema: echoed } },
  problems: [...idempotencyKeyProblems, 'price-changed'],
});
const show = defineRoute({
  method: 'get',
  path: '/v1/orders/{id}',
  operationId: 'show',
  tags: ['orders'],
  summary: 'Show',
  access: 'public',
  params: z.object({ id: orderIdParameter }),
  query: z.strictObject({ limit: integerParameter({ min: 1, max: 100, default: 50 }) }),
  responses: { 200: { description: 'Shown', schema: echoed, eventStream: 'One message for each change.' } },
  problems: [],
});

const decide = defineRoute({
  method: 'post',
  path: '/v1/orders/{id}/decide',
  operationId: 'decide',
  tags: ['orders'],
  summary: 'Decide',
  access: 'public',
  params: z.object({ id: orderIdParameter }),
  body: z.strictObject({ actor: z.string().optional() }),
  mayLackBody: true,
  responses: { 200: { description: 'Decided', schema: echoed } },
  problems: [],
});

type Show = (c: Parameters<typeof requestOf>[0]) => Promise<Response> | Response;

function shop(more: Partial<ServiceModule> & { readonly onShow?: Show } = {}): ServiceModule {
  const { onShow, ...parts } = more;
  return stubService({
    name: 'order',
    metrics: createMetrics('order'),
    errorCodes: { 'price-changed': { status: 409, title: 'The price changed', explanation: 'Ask again.' } },
    routes(app) {
      app.openapi(place, (c) => {
        const key = readIdempotencyKey(c);
        if (!key.ok) return problem(c, key.error);
        const body = c.req.valid('json');
        if (body.note === 'stale') return problem(c, domainError('price-changed', 'it costs more now'));
        return c.json({ value: body }, 201);
      });
      app.openapi(decide, (c) => c.json({ value: c.req.valid('json') }, 200));
      app.openapi(show, async (c) => {
        if (onShow !== undefined) return (await onShow(c)) as never;
        return c.json({ value: { ...c.req.valid('param'), ...c.req.valid('query') } }, 200);
      });
    },
    ...parts,
  });
}

const key = { 'Idempotency-Key': 'k-1' };
const order = { userId: 'u-1', items: [{ quantity: 2 }] };
const post = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  send(createTestApp([shop()]), 'POST', '/v1/orders', { body, headers: { ...key, ...headers } });

describe('a body', () => {
  test('that fits reaches the handler as the schema made it', async () => {
    expect(await post(order)).toMatchObject({ status: 201, body: { value: order } });
  });

  test('that breaks rules is answered with every broken rule, its pointer and its code', async () => {
    const { status, headers, body } = await post({
      userId: 7,
      items: [{ quantity: 0 }, { quantity: 1, price: 1 }, {}],
      total: 1,
    });

    expect(status).toBe(422);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(body).toMatchObject({
      type: '/docs/errors#validation-failed',
      status: 422,
      code: 'validation-failed',
      instance: '/v1/orders',
      requestId: headers.get('x-request-id'),
    });
    const { errors } = body as { errors: { pointer: string; code: string }[] };
    expect(errors.map((fault) => [fault.pointer, fault.code])).toEqual([
      ['/userId', 'invalid-type'],
      ['/items/0/quantity', 'too-small'],
      ['/items/1/price', 'unknown-field'],
      ['/items/2/quantity', 'required'],
      ['/total', 'unknown-field'],
    ]);
  });

  test.each([
    ['not JSON', '{"userId":', 400, 'malformed-json'],
    ['empty', '', 400, 'malformed-json'],
    ['two values', '{}{}', 400, 'malformed-json'],
    ['not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 400, 'malformed-json'],
    ['with a byte order mark', '\uFEFF{}', 400, 'malformed-json'],
    ['a bare value', '1', 422, 'validation-failed'],
    ['nested 21 deep', '['.repeat(21) + ']'.repeat(21), 422, 'body-too-deep'],
    ['nested 100,000 deep and open', '['.repeat(100_000), 400, 'malformed-json'],
    ['with a key twice', '{"userId":"a","userId":"b","items":[]}', 422, 'duplicate-key'],
    ['with __proto__', '{"__proto__":{"userId":"a"},"items":[]}', 422, 'validation-failed'],
    ['with 1e309 for a number', '{"userId":"a","items":[{"quantity":1e309}]}', 422, 'validation-failed'],
    ['one byte too large', `"${'x'.repeat(maxBodyBytes - 1)}"`, 413, 'payload-too-large'],
  ])('%s is refused', async (_what, body, status, code) => {
    expect(await post(body)).toMatchObject({ status, body: { code } });
  });

  test('of exactly the limit is read', async () => {
    const note = 'x'.repeat(maxBodyBytes - JSON.stringify({ ...order, note: '' }).length);

    expect(await post({ ...order, note })).toMatchObject({ status: 201 });
  });

  test('is counted as it is read, whatever its length is said to be', async () => {
    const big = 'x'.repeat(maxBodyBytes + 1);

    expect(await post(big, { 'Content-Length': '10' })).toMatchObject({ status: 413 });
    expect(await post(big, { 'Transfer-Encoding': 'chunked' })).toMatchObject({ status: 413 });
  });

  test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
    'may come as %s',
    async (type) => {
      expect(await post(order, { 'Content-Type': type })).toMatchObject({ status: 201 });
    },
  );

  test.each([
    'text/plain',
    'application/json; charset=utf-16',
    'application/json; charset=latin1',
    'application/json; charset=utf-8; charset=utf-16',
    'application/json ; charset=utf-8',
    'application/json, text/plain',
    'application/problem+json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ])('may not come as %s', async (type) => {
    expect(await post(order, { 'Content-Type': type })).toMatchObject({
      status: 415,
      body: { code: 'unsupported-media-type' },
    });
  });

  test('may not come compressed: what it grows to is not known', async () => {
    expect(await post(order, { 'Content-Encoding': 'gzip' })).toMatchObject({ status: 415 });
  });
});

describe('a body that may lack', () => {
  const decideBy = (options: Parameters<typeof send>[3]) =>
    send(createTestApp([shop()]), 'POST', `/v1/orders/${orderId}/decide`, options);

  test.each([{}, { headers: { 'Content-Type': 'application/json' } }, { headers: { 'Content-Length': '0' } }])(
    'is an empty object then: %j',
    async (options) => {
      expect(await decideBy(options)).toMatchObject({ status: 200, body: { value: {} } });
    },
  );

  test('is read like any other when it is there', async () => {
    expect(await decideBy({ body: { actor: 'j.doe' } })).toMatchObject({ body: { value: { actor: 'j.doe' } } });
  });

  test.each([
    ['not JSON', { body: '{' }, 400],
    ['too large', { body: ' '.repeat(maxBodyBytes + 1) }, 413],
    ['of another type', { body: '{}', headers: { 'Content-Type': 'text/plain' } }, 415],
    ['of unknown fields', { body: { actr: 'j.doe' } }, 422],
  ])('%s is refused', async (_what, options, status) => {
    expect(await decideBy(options)).toMatchObject({ status });
  });

  test('is documented as one', async () => {
    const { body } = await send(createTestApp([shop()]), 'GET', '/openapi.json');
    const { paths } = body as { paths: Record<string, { post: { requestBody: object } }> };

    expect(paths['/v1/orders/{id}/decide']?.post.requestBody).not.toHaveProperty('required', true);
    expect(paths['/v1/orders']?.post.requestBody).toHaveProperty('required', true);
  });
});

describe('the idempotency key', () => {
  const app = createTestApp([shop()]);

  test('is required', async () => {
    expect(await send(app, 'POST', '/v1/orders', { body: order })).toMatchObject({
      status: 400,
      body: { code: 'idempotency-key-missing', errors: [{ pointer: 'header.Idempotency-Key' }] },
    });
  });

  test.each(['', 'x'.repeat(256), 'schlüssel', 'tab\there'])('%j is refused', async (text) => {
    const answer = await send(app, 'POST', '/v1/orders', { body: order, headers: { 'Idempotency-Key': text } });

    expect(answer).toMatchObject({ status: 400, body: { code: 'idempotency-key-invalid' } });
  });

  test('may have 255 printable characters', async () => {
    expect(await post(order, { 'Idempotency-Key': '~'.repeat(255) })).toMatchObject({ status: 201 });
  });
});

describe('a query', () => {
  test.each(['limit=1&limit=2', 'limit=0', 'limit=1.5', 'limit=', 'unknown=1', '__proto__=1', 'limit[]=1'])(
    '?%s is refused',
    async (query) => {
      const answer = await send(createTestApp([shop()]), 'GET', `/v1/orders/${orderId}?${query}`);

      expect(answer).toMatchObject({ status: 422, body: { code: 'validation-failed' } });
    },
  );

  test('of a route without parameters may hold none', async () => {
    const answer = await send(createTestApp([shop()]), 'POST', '/v1/orders?dryRun=true', { body: order, headers: key });

    expect(answer).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: 'query.dryRun', code: 'unknown-field' }] },
    });
  });
});

describe('a path', () => {
  const app = createTestApp([shop()]);

  test.each([
    '/v1/orders/x',
    '/v1/orders/%00',
    `/v1/orders/${orderId.toUpperCase()}`,
    '/nowhere',
    '/v1/orders/',
    '/%2e%2e/etc/passwd',
  ])('%s answers 404, as an unknown order does', async (path) => {
    expect(await send(app, 'GET', path)).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });

  test('with another method answers 405 and says which apply', async () => {
    const { status, headers, body } = await send(app, 'DELETE', '/v1/orders');

    expect([status, headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
    expect(body).toMatchObject({ code: 'method-not-allowed' });
  });

  test('answers HEAD like GET without a body', async () => {
    expect(await send(app, 'HEAD', `/v1/orders/${orderId}`)).toMatchObject({ status: 200, body: '' });
  });

  test('answers OPTIONS with its methods and opens nothing to other origins', async () => {
    const preflight = { Origin: 'https://evil.test', 'Access-Control-Request-Method': 'POST' };
    const { status, headers } = await send(app, 'OPTIONS', `/v1/orders/${orderId}`, { headers: preflight });

    expect([status, headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

test('an answer that may be an event stream is documented as both', async () => {
  const { body } = await send(createTestApp([shop()]), 'GET', '/openapi.json');
  const { paths } = body as { paths: Record<string, { get: { responses: Record<string, { content: object }> } }> };

  expect(paths['/v1/orders/{id}']?.get.responses['200']?.content).toMatchObject({
    'application/json': { schema: expect.anything() },
    'text/event-stream': { schema: { type: 'string', description: 'One message for each change.' } },
  });
});

describe('every answer', () => {
  test('carries the security headers', async () => {
    for (const path of ['/healthz', '/nowhere', `/v1/orders/${orderId}`]) {
      const { headers } = await send(createTestApp([shop()]), 'GET', path);

      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
    }
  });

  test('carries the request id that was sent, if that is sane', async () => {
    const ask = async (id: string) =>
      (await send(createTestApp([shop()]), 'GET', '/healthz', { headers: { 'X-Request-Id': id } })).headers.get(
        'x-request-id',
      );

    expect(await ask('abc-123')).toBe('abc-123');
    expect(await ask('x'.repeat(65))).not.toContain('x');
    expect(await ask('a b"} {"level":"error')).not.toContain('level');
  });
});

describe('a refusal', () => {
  test('answers by the catalogue of its service', async () => {
    expect(await post({ ...order, note: 'stale' })).toMatchObject({
      status: 409,
      body: {
        code: 'price-changed',
        title: 'The price changed',
        detail: 'it costs more now',
        type: '/docs/errors#price-changed',
      },
    });
  });

  test('with a code that no catalogue explains answers internal and keeps its text', async () => {
    const app = createTestApp([
      shop({ onShow: (c) => problem(c, domainError('surprise', 'SELECT secret FROM orders')) }),
    ]);
    const { status, body } = await send(app, 'GET', `/v1/orders/${orderId}`);

    expect([status, JSON.stringify(body)]).toEqual([500, expect.not.stringContaining('SELECT')]);
  });

  test('that passes by itself says when to come back', async () => {
    const app = createTestApp([shop({ onShow: (c) => problem(c, domainError('overloaded', 'too much')) })]);
    const { status, headers } = await send(app, 'GET', `/v1/orders/${orderId}`);

    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
  });
});

describe('an unexpected error', () => {
  const failing = () => createTestApp([shop({ onShow: () => Promise.reject(new Error('SELECT 1: disk I/O error')) })]);

  test('answers internal without its text or stack', async () => {
    const { status, body } = await send(failing(), 'GET', `/v1/orders/${orderId}`);

    expect(status).toBe(500);
    expect(body).toMatchObject({ code: 'internal' });
    expect(JSON.stringify(body)).not.toMatch(/SELECT|disk|\.ts/);
  });

  test('that passes by itself answers unavailable and says when to come back', async () => {
    const onShow = () => Promise.reject(new UnavailableError('SELECT 1: connection lost'));
    const { status, headers, body } = await send(createTestApp([shop({ onShow })]), 'GET', `/v1/orders/${orderId}`);

    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    expect(body).toMatchObject({ code: 'unavailable' });
    expect(JSON.stringify(body)).not.toContain('SELECT');
  });

  test('is logged once, with the request id of the answer', async () => {
    const app = failing();
    const { headers } = await send(app, 'GET', `/v1/orders/${orderId}`);

    expect(app.logger.lines.filter(({ level }) => level !== 'debug')).toEqual([
      {
        level: 'error',
        message: 'request failed',
        fields: expect.objectContaining({
          requestId: headers.get('x-request-id'),
          route: '/v1/orders/:id',
          status: 500,
          err: expect.objectContaining({ message: 'SELECT 1: disk I/O error' }),
        }),
      },
    ]);
  });
});

describe('requests are observed', () => {
  test('under the pattern of their route, by the service that owns it', async () => {
    const metrics = createMetrics('order');
    const app = createTestApp([shop({ metrics })]);
    await send(app, 'GET', `/v1/orders/${orderId}`);
    await send(app, 'GET', '/v1/orders/x');
    await send(app, 'GET', `/nowhere/${orderId}`);
    const { text } = await renderMetrics([metrics]);

    expect(text).toContain('http_requests_total{route="/v1/orders/:id",method="GET",status="200",service="order"} 1');
    expect(text).toContain('http_requests_total{route="/v1/orders/:id",method="GET",status="404",service="order"} 1');
    expect(text).toContain('http_requests_total{route="unmatched",method="GET",status="404",service="order"} 1');
    expect(text).not.toContain(orderId);
  });

  test('and logged at debug when nothing failed', async () => {
    const app = createTestApp([shop()]);
    await send(app, 'GET', `/v1/orders/${orderId}`);

    expect(app.logger.lines).toMatchObject([{ level: 'debug', fields: { status: 200, method: 'GET' } }]);
  });
});

describe('the deadline of a request', () => {
  test('aborts its signal, and leaves no timer behind when the request is done before', async () => {
    const clock = createVirtualClock();
    let signal: AbortSignal | undefined;
    const wait: Show = async (c) => {
      signal = requestOf(c).signal();
      await clock.sleep(60_000, signal);
      return c.json({ value: null }, 200);
    };
    const app = createTestApp([shop({ onShow: wait })], clock);
    const asking = send(app, 'GET', `/v1/orders/${orderId}`);
    await clock.advance(29_999);
    expect(signal?.aborted).toBe(false);
    await clock.advance(1);
    await asking;

    expect(signal?.aborted).toBe(true);
    expect(clock.pending()).toBe(0);
  });
});

describe('a dropped connection', () => {
  test('rejects in memory, where there is no connection to drop', async () => {
    const app = createTestApp([shop({ onShow: (c) => dropConnection(c) })]);

    await expect(app.request(`/v1/orders/${orderId}`)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('defects stop the start', () => {
  test('two services that explain one code differently', () => {
    const other = stubService({
      errorCodes: { 'price-changed': { status: 422, title: 'Other', explanation: 'Other.' } },
    });

    expect(() => createTestApp([shop(), other])).toThrow('price-changed is explained twice');
  });

  test('a route with a code that no catalogue explains', () => {
    expect(() => createTestApp([shop({ errorCodes: {} })])).toThrow('price-changed, which no catalogue explains');
  });

  test('a request schema that would ignore unknown fields, also deep inside', () => {
    const base = {
      method: 'post',
      path: '/x',
      operationId: 'x',
      tags: [],
      summary: 'x',
      access: 'public',
      responses: {},
      problems: [],
    } as const;
    const loose = z.object({ a: z.string() });

    expect(() => defineRoute({ ...base, query: loose })).toThrow('must be strict');
    expect(() => defineRoute({ ...base, body: loose })).toThrow('must be strict');
    expect(() => defineRoute({ ...base, body: z.strictObject({ a: z.array(loose.optional()) }) })).toThrow(
      'must be strict',
    );
  });
});
