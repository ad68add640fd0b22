import { createVirtualClock } from '@checkout/kernel/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Hono } from 'hono';
import { z } from 'zod';
import type { ApiEnv, RequestState } from './api-app.ts';
import { anybody, type Caller, provenCaller } from './caller.ts';
import { defineRoute } from './define-route.ts';
import { limitRate, networkOf } from './limit-rate.ts';
import { createMemoryRateLimiter } from './rate-limiter.memory.ts';
import { createTestApp, stubService } from './testing/test-app.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const show = defineRoute({
  method: 'get',
  path: '/v1/orders',
  operationId: 'show',
  tags: ['orders'],
  summary: 'Show',
  access: 'public',
  responses: { 200: { description: 'Shown', schema: z.object({}) } },
  problems: [],
});

const free = { allowed: true, limit: 3, remaining: 2, resetMs: 1_000 };

/** An app that lets each caller ask three times a second. `asked` counts the requests that reached the route. */
function setup({ isLimited = true } = {}) {
  const counts = { asked: 0 };
  const service = stubService({
    routes(app) {
      app.openapi(show, (c) => {
        counts.asked += 1;
        return c.json({}, 200);
      });
    },
  });
  const rateLimiter = createMemoryRateLimiter({ perSecond: 3 });
  const app = createTestApp([service], createVirtualClock(), isLimited ? { rateLimiter } : {});
  const from = (remoteAddress: string | undefined) => ({ incoming: { socket: { remoteAddress } } });
  const ask = async (address: string | undefined, path = '/v1/orders') =>
    app.fetch(new Request(`http://localhost${path}`), from(address));
  const statuses = async (count: number, address: string, path?: string) => {
    const answers = await Promise.all(Array.from({ length: count }, () => ask(address, path)));
    return answers.map(({ status }) => status);
  };
  return { counts, ask, statuses };
}

describe('a caller', () => {
  test('that asks too often is told when to come back, and nothing is done for it', async () => {
    const { counts, ask, statuses } = setup();
    expect(await statuses(3, '192.0.2.1')).toEqual([200, 200, 200]);
    const refused = await ask('192.0.2.1');

    expect(refused.status).toBe(429);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.headers.get('ratelimit')).toBe('"caller";r=0;t=1');
    expect(refused.headers.get('ratelimit-policy')).toBe('"caller";q=3;w=1');
    expect(await refused.json()).toMatchObject({
      code: 'rate-limited',
      detail: 'at most 3 requests a second',
      requestId: refused.headers.get('x-request-id'),
    });
    expect(counts.asked).toBe(3);
  });

  test('may go on in the next second', async () => {
    const { statuses } = setup();
    await statuses(5, '192.0.2.1');
    await vi.advanceTimersByTimeAsync(1_000);

    expect(await statuses(4, '192.0.2.1')).toEqual([200, 200, 200, 429]);
  });

  test('is told with each answer how much is left', async () => {
    const { ask } = setup();
    const left = async () => (await ask('192.0.2.1')).headers.get('ratelimit');

    expect([await left(), await left()]).toEqual(['"caller";r=2;t=1', '"caller";r=1;t=1']);
  });

  test('is not held up by another one', async () => {
    const { statuses } = setup();
    await statuses(9, '192.0.2.1');

    expect(await statuses(3, '192.0.2.2')).toEqual([200, 200, 200]);
  });

  test('is counted by the address when nobody knows who it is, and without one with all such', async () => {
    const { ask, statuses } = setup();
    expect(await statuses(4, '::ffff:192.0.2.1')).toEqual([200, 200, 200, 429]);
    expect((await ask('192.0.2.1')).status).toBe(429);
    expect((await ask(undefined)).status).toBe(200);
  });
});

test('who has proved to be somebody is counted as that, wherever the request comes from', async () => {
  const asked: string[] = [];
  const app = new Hono<ApiEnv>();
  app.use('*', async (c, next) => {
    const subject = c.req.header('x-subject');
    const caller: Caller = subject === undefined ? anybody : provenCaller({ subject, scopes: new Set() });
    c.set('request', { ...({} as RequestState), caller });
    await next();
  });
  app.use('*', limitRate({ take: async (caller) => ({ ...free, allowed: asked.push(caller) > 0 }) }));
  app.get('/', (c) => c.text('shown'));
  const from = { incoming: { socket: { remoteAddress: '192.0.2.1' } } };
  await app.request('/', { headers: { 'x-subject': '192.0.2.1' } }, from);
  await app.request('/', {}, from);

  expect(asked).toEqual(['subject 192.0.2.1', 'peer 192.0.2.1']);
});

describe('the path', () => {
  test.each(['/v1/nothing-here', '/v1/dead-letters'])('%s is bounded like the API', async (path) => {
    const { statuses } = setup();

    expect((await statuses(4, '192.0.2.1', path)).at(-1)).toBe(429);
  });

  test.each(['/healthz', '/readyz', '/metrics', '/openapi.json'])('%s is not bounded', async (path) => {
    const { statuses } = setup();

    expect(await statuses(5, '192.0.2.1', path)).toEqual([200, 200, 200, 200, 200]);
  });
});

test('without a limiter nobody is bounded, and nothing is said of it', async () => {
  const { ask, statuses } = setup({ isLimited: false });
  expect((await statuses(50, '192.0.2.1')).every((status) => status === 200)).toBe(true);
  expect((await ask('192.0.2.1')).headers.has('ratelimit')).toBe(false);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
