import { toOrderId } from '@checkout/kernel';
import { createSeededRandom, createVirtualClock } from '@checkout/kernel/testing';
import { createMetrics, createProviderCaller } from '@checkout/runtime';
import { createAppHttpClient, createSilentLogger } from '@checkout/runtime/testing';
import { describe, expect, it } from 'vitest';
import { createHttpPaymentGateway } from './payment-gateway.http.ts';

const orderId = toOrderId('0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01');
const money = { amount: 3_998, currency: 'EUR' };

type Answer = { readonly status: number; readonly body: unknown };

/** The gateway with a provider that answers as the test says, and what it was sent. */
function setup(answer: () => Answer | Promise<Answer>) {
  const clock = createVirtualClock();
  const sent: { readonly path: string; readonly key: string | null; readonly body: unknown }[] = [];
  const psp = async (request: Request) => {
    const text = await request.text();
    const { pathname, search } = new URL(request.url);
    const key = request.headers.get('idempotency-key');
    sent.push({ path: pathname + search, key, body: text === '' ? undefined : JSON.parse(text) });
    const { status, body } = await answer();
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
  };
  const provider = {
    httpClient: createAppHttpClient({ clock, apps: { 'http://psp.test': psp } }),
    clock,
    random: createSeededRandom(1),
    logger: createSilentLogger(),
    metrics: createMetrics('payment'),
    timeoutMs: 2_000,
  };
  const stopping = new AbortController();
  const gateway = createHttpPaymentGateway({
    baseUrl: 'http://psp.test/v3',
    caller: createProviderCaller({ ...provider, name: 'psp' }),
    lookupCaller: createProviderCaller({ ...provider, name: 'psp-lookup' }),
    clock,
    callTimeoutMs: 8_000,
    signal: stopping.signal,
  });
  const calls = {
    authorize: () => gateway.authorize({ orderId, ...money, paymentToken: 'tok_1' }),
    capture: () => gateway.capture({ orderId, ...money }),
    void: () => gateway.void({ orderId }),
    refund: () => gateway.refund({ orderId, ...money }),
    find: () => gateway.find(orderId),
    statement: () => gateway.statement([orderId]),
  };
  /** Calls, and lets the time pass that the tries need. */
  const call = async (operation: keyof typeof calls) => {
    const outcome = calls[operation]();
    await clock.advance(10_000);
    return outcome;
  };
  return { clock, sent, gateway, calls, call, stop: () => stopping.abort() };
}

const failing = () => ({ status: 500, body: {} });
const record = {
  reference: orderId,
  currency: 'EUR',
  authorization: 'approved',
  capture: 'none',
  authorized: 3_998,
  captured: 0,
  refunded: 0,
  voided: 0,
};

describe('what it sends', () => {
  const body = { reference: orderId, ...money };
  it.each([
    ['authorize', '/v3/authorizations', { ...body, token: 'tok_1' }],
    ['capture', '/v3/captures', body],
    ['void', '/v3/voids', { reference: orderId }],
    ['refund', '/v3/refunds', body],
  ] as const)(
    '%s carries our reference and one key, the same at every try and in every call',
    async (name, path, expected) => {
      const { sent, call } = setup(failing);
      await call(name);
      await call(name);

      expect(sent.length).toBeGreaterThanOrEqual(6);
      for (const request of sent) expect(request).toEqual({ path, key: `${orderId}:${name}`, body: expected });
    },
  );

  it.each([
    ['find', `/v3/payments/${orderId}`],
    ['statement', `/v3/payments?references=${orderId}`],
  ] as const)('%s is a question and carries no key', async (name, path) => {
    const { sent, call } = setup(failing);
    await call(name);
    expect(sent[0]).toEqual({ path, key: null, body: undefined });
  });
});

describe('an answer that it does not understand is unknown', () => {
  it.each([
    ['authorize', 201, { id: 'a', status: 'pending', ...money }],
    ['authorize', 201, { id: 'a', status: 'approved', amount: '3998', currency: 'EUR' }],
    ['authorize', 201, { id: 'a', status: 'approved', amount: 39.98, currency: 'EUR' }],
    ['authorize', 201, 'not JSON'],
    ['authorize', 202, { id: 'a', status: 'approved', ...money }],
    ['authorize', 402, {}],
    ['authorize', 422, { code: 'idempotency-key-reused' }],
    ['authorize', 404, { code: 'not-found' }],
    ['capture', 200, { id: 'c', status: 'captured', ...money }],
    ['capture', 422, { code: 'validation-failed' }],
    ['capture', 409, { code: 'capture-rejected' }],
    ['void', 200, { status: 'pending' }],
    ['void', 404, { code: 'not-found' }],
    ['void', 409, { code: 'something-else' }],
    ['refund', 201, {}],
    ['refund', 422, { code: 'idempotency-key-reused' }],
    ['find', 200, { ...record, authorized: -1 }],
    ['find', 200, { ...record, authorization: 'maybe' }],
    ['find', 401, {}],
    ['statement', 200, { items: [{ ...record, captured: null }] }],
    ['statement', 404, {}],
  ] as const)('%s, %i, %j', async (name, status, body) => {
    const { call } = setup(() => ({ status, body }));
    expect(await call(name)).toMatchObject({ kind: 'unknown' });
  });

  it.each(['authorize', 'capture', 'void', 'refund', 'find', 'statement'] as const)(
    '%s, 500 at every try',
    async (name) => {
      const { call, sent } = setup(failing);
      expect(await call(name)).toEqual({ kind: 'unknown', reason: 'status-500' });
      expect(sent).toHaveLength(3);
    },
  );

  it.each(['authorize', 'void', 'find'] as const)(
    '%s, but not a 429: the provider did not look at it',
    async (name) => {
      const { call } = setup(() => ({ status: 429, body: {} }));
      expect(await call(name)).toMatchObject({ kind: 'unavailable' });
    },
  );
});

describe('what it reads', () => {
  it('of a decline with a reason that it does not know is a plain decline', async () => {
    const { call } = setup(() => ({ status: 402, body: { code: 'card-expired', detail: 'last year' } }));
    expect(await call('authorize')).toEqual({ kind: 'declined', code: 'payment-declined', detail: 'last year' });
  });

  it('of a refusal without a text is its code', async () => {
    const { call } = setup(() => ({ status: 422, body: { code: 'capture-rejected' } }));
    expect(await call('capture')).toEqual({ kind: 'rejected', detail: 'capture-rejected' });
  });

  it('of the books is what is in them', async () => {
    const { reference: _, ...figures } = record;
    const declined = { ...record, authorization: 'declined', declineReason: 'insufficient-funds' };
    expect(await setup(() => ({ status: 200, body: record })).call('find')).toEqual({ kind: 'found', ...figures });
    expect(await setup(() => ({ status: 200, body: declined })).call('find')).toMatchObject({
      declineCode: 'insufficient-funds',
    });
    const statement = await setup(() => ({ status: 200, body: { items: [record] } })).call('statement');
    expect(statement).toMatchObject({ kind: 'found', records: new Map([[orderId, expect.objectContaining(figures)]]) });
  });

  it('at a later try settles what an earlier one left open', async () => {
    let tries = 0;
    const { call } = setup(() => {
      tries += 1;
      return tries < 3 ? { status: 503, body: {} } : { status: 200, body: { status: 'voided' } };
    });
    expect(await call('void')).toEqual({ kind: 'voided' });
  });
});

it('gives up the calls under way, and those to come, when the service stops', async () => {
  const { clock, calls, sent, stop } = setup(() => new Promise<Answer>(() => {}));
  const call = calls.void();
  await clock.settle();
  stop();
  await clock.settle();
  expect(await call).toMatchObject({ kind: 'unknown' });
  expect(await calls.void()).toMatchObject({ kind: 'unavailable' });
  expect(sent).toHaveLength(1);
  expect(clock.pending()).toBe(0);
});
