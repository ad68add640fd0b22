import { uuidV7 } from '@checkout/kernel';
import { services } from '@checkout/contracts';
import { describe, expect, test } from 'vitest';
import { check } from './check.ts';
import { listOrders, listWaiting } from './listings.ts';
import { type EvidenceOptions, readEvidence } from './read-evidence.ts';
import { together } from './together.ts';

const startMs = Date.UTC(2026, 0, 1);
const since = new Date(startMs).toISOString();
const idAt = (unixMs: number, tail = 0) => uuidV7(unixMs, new Uint8Array(10).fill(tail));

const old = idAt(startMs - 1_000);
const mine = idAt(startMs + 1);
const review = idAt(startMs + 2);
const theirs = idAt(startMs + 3);
const orphan = idAt(startMs + 4);

const ordersNow = [
  [theirs, 'them'],
  [review, 'me'],
  [mine, 'me'],
  [old, 'me'],
].map(([id, userId]) => ({
  id,
  userId,
  status: id === review ? 'CREATED' : 'COMPLETED',
  currency: 'EUR',
  items: [],
  total: 100,
  cancellation: 'none',
  version: 4,
  createdAt: id === old ? '2025-12-31T23:59:59.000Z' : '2026-01-01T00:00:00.001Z',
  updatedAt: '2026-01-01T00:00:05.000Z',
}));
const everybody = [old, mine, theirs, orphan];
const sagaOf = (orderId: string, state: string) => ({ orderId, state, steps: [], failure: null });
const letterOf = (orderId: string | null) => ({
  service: 'shipping',
  group: 'shipping',
  orderId,
  messageId: 'm',
  reason: 'unreadable',
  state: 'parked',
  parkedAt: orderId === old ? '2025-12-31T00:00:00.000Z' : '2026-01-01T00:00:01.000Z',
});

/** A platform that is nothing but lists; each has two entries a page. */
function platform(changes: Readonly<Record<string, readonly unknown[]>> = {}) {
  const asked: string[] = [];
  const lists: Readonly<Record<string, readonly unknown[]>> = {
    '/v1/orders': ordersNow,
    '/v1/sagas': [sagaOf(review, 'WAITING_REVIEW'), sagaOf(mine, 'COMPLETED'), sagaOf(old, 'COMPLETED')],
    '/v1/reviews': [{ orderId: review }],
    '/v1/dead-letters': [...everybody, null].map(letterOf),
    ...changes,
  };
  const get = (path: string) => {
    asked.push(path);
    const { pathname, searchParams } = new URL(path, 'http://platform');
    const from = Number(searchParams.get('cursor') ?? 0);
    const nextOf = (count: number) => (from + 2 < count ? String(from + 2) : null);
    return Promise.resolve({ status: 200, body: bodyOf(pathname, searchParams, from, nextOf) });
  };
  const bodyOf = (
    pathname: string,
    query: URLSearchParams,
    from: number,
    nextOf: (count: number) => string | null,
  ): unknown => {
    if (pathname === '/sandbox/ledger') {
      const ids = everybody.slice(from, from + 2);
      const payments = ids.map((orderId) => ({ orderId, currency: 'EUR', ...amounts }));
      return { payments, shipments: ids.map((orderId) => ({ orderId, state: 'DELIVERED' })), nextCursor: nextOf(4) };
    }
    if (pathname === '/ops/log/verify') {
      return { ok: true, services: services.map((service) => ({ service, ok: true, findings: [], counts: {} })) };
    }
    if (pathname.endsWith('/events')) return { events: [{ version: 1, type: 'OrderCreated', data: {} }] };
    const state = query.get('state');
    const items = (lists[pathname] ?? []).filter(
      (item) => state === null || (item as { readonly state: string }).state === state,
    );
    return { items: items.slice(from, from + 2), nextCursor: nextOf(items.length) };
  };
  return { get, asked };
}
const amounts = { authorized: 100, captured: 100, refunded: 0, voided: 0 };

const ids = (entries: readonly { readonly orderId: string | null }[] = []) => entries.map(({ orderId }) => orderId);
const read = (options: EvidenceOptions) => readEvidence(platform().get, options);

describe('the evidence', () => {
  test('is everything there is, page by page', async () => {
    const evidence = await read({});

    expect(ids(evidence.orders)).toEqual([theirs, review, mine, old]);
    expect(ids(evidence.payments)).toEqual(everybody);
    expect(ids(evidence.shipments)).toEqual(everybody);
    expect(ids(evidence.sagas)).toEqual([review, mine, old]);
    expect(ids(evidence.histories)).toEqual([theirs, review, mine, old]);
    expect(ids(evidence.deadLetters)).toEqual([...everybody, null]);
    expect(evidence.logs?.map(({ service }) => service)).toEqual(services);
  });

  test('of a run leaves out what is older and what is of others, and keeps what is of nobody', async () => {
    const evidence = await read({ since, isOfRun: (userId) => userId === 'me' });

    expect(ids(evidence.orders)).toEqual([review, mine]);
    expect(ids(evidence.payments)).toEqual([mine, orphan]);
    expect(ids(evidence.shipments)).toEqual([mine, orphan]);
    expect(ids(evidence.sagas)).toEqual([review, mine]);
    expect(ids(evidence.deadLetters)).toEqual([mine, orphan, null]);
    expect(check({ ...evidence, acknowledged: [] }).map(({ code }) => code)).toContain('payment-of-nobody');
  });

  test('says who waits for whom', async () => {
    const sagas = [sagaOf(mine, 'NEEDS_OPERATOR'), sagaOf(theirs, 'COMPLETED')];
    for (const histories of [true, false]) {
      const { orders } = await readEvidence(platform({ '/v1/sagas': sagas }).get, { histories });

      expect(orders.map(({ orderId, waitsFor }) => [orderId, waitsFor])).toEqual([
        [theirs, undefined],
        [review, 'reviewer'],
        [mine, 'operator'],
        [old, undefined],
      ]);
    }
  });

  test('costs no request per order when nobody wants the histories', async () => {
    const { get, asked } = platform();
    const evidence = await readEvidence(get, { histories: false, logs: false });

    expect(evidence).toMatchObject({ sagas: undefined, histories: undefined, logs: undefined });
    expect(asked.filter((path) => path.includes('/events') || path.includes('verify'))).toEqual([]);
  });

  test.each([
    [500, {}],
    [200, {}],
    [200, { items: [{ id: 1 }], nextCursor: null }],
  ])('is not taken from an answer %i %j', async (status, body) => {
    const { get } = platform();
    const broken = (path: string) => (path.startsWith('/v1/orders') ? Promise.resolve({ status, body }) : get(path));

    await expect(readEvidence(broken)).rejects.toThrow(`GET /v1/orders?limit=100 was answered with ${status}`);
  });

  test('is not taken from a time that is none', async () => {
    await expect(read({ since: 'yesterday' })).rejects.toThrow('not an instant');
  });
});

test('a list stops where the run began, and reads one state on request', async () => {
  const { get, asked } = platform();
  const found: string[] = [];
  for await (const { id } of listOrders(get, { since, status: 'PAID' })) found.push(id);

  expect(found).toEqual([theirs, review, mine]);
  expect(asked[0]).toBe('/v1/orders?limit=100&status=PAID');
  expect(await listWaiting(get, 'reviewer')).toEqual(new Set([review]));
});

test('services at addresses of their own are asked as one platform', async () => {
  const { get } = platform();
  const asked: string[] = [];
  const at = (name: string) => (path: string) => {
    asked.push(`${name} ${path}`);
    return get(name === 'sandbox' ? `/sandbox${path}` : path);
  };
  const one = together({
    order: at('order'),
    orchestrator: at('orchestrator'),
    antifraud: at('antifraud'),
    payment: at('payment'),
    shipping: at('shipping'),
    sandbox: at('sandbox'),
  });
  const evidence = await readEvidence(one);

  expect(evidence.deadLetters).toHaveLength(5 * services.length);
  expect(evidence.logs).toHaveLength(services.length ** 2);
  expect(asked).toContain('sandbox /ledger?limit=1000');
  expect(asked).toContain(`order /v1/orders/${mine}/events`);
  expect(asked).toContain('orchestrator /v1/sagas?limit=100');
  expect(asked).toContain('antifraud /v1/reviews?limit=100');
  await expect(one('/v1/refunds')).rejects.toThrow('nobody is known for /v1/refunds');
});
