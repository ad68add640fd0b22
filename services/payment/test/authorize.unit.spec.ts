import { anOrder } from '@checkout/event-log/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { neighbour, ours, startPayment } from './payment.driver.ts';
import { amount, currency } from './payment.fixture.ts';

type Shop = Awaited<ReturnType<typeof startPayment>>;
const held = { authorized: amount, captured: 0, refunded: 0, voided: 0 };
const zeros = { authorized: 0, captured: 0, refunded: 0, voided: 0 };

describe('an authorisation', () => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await startPayment();
  });
  afterEach(() => shop.end());

  it('that the provider approves is told to the saga, and shown', async () => {
    await shop.command(shop.authorizePayment(ours));

    expect(await shop.heard(ours)).toEqual([
      { type: 'PaymentApproved', data: { authorizationId: expect.any(String), amount, currency } },
    ]);
    expect(await shop.ledgerOf(ours)).toEqual(held);
    expect(await shop.payment(ours)).toMatchObject({
      orderId: ours,
      status: 'AUTHORIZED',
      currency,
      ...held,
      parked: null,
      version: 1,
    });
  });

  it.each([
    ['tok_decline', 'payment-declined'],
    ['tok_insufficient_funds', 'insufficient-funds'],
  ])('with %s is declined with %s', async (token, code) => {
    await shop.command(shop.authorizePayment(ours, { token }));

    expect(await shop.heard(ours)).toEqual([{ type: 'PaymentDeclined', data: { code, detail: expect.any(String) } }]);
    expect(await shop.ledgerOf(ours)).toEqual(zeros);
  });

  it('that is asked for again gets its answer again, and the provider is left alone', async () => {
    await shop.command(shop.authorizePayment(ours));
    await shop.command(shop.authorizePayment(neighbour, { token: 'tok_decline' }));
    const calls = shop.sent.length;
    await shop.command(shop.authorizePayment(ours, { attempt: 2 }), shop.authorizePayment(neighbour, { attempt: 2 }));

    for (const orderId of [ours, neighbour]) {
      const [first, again] = await shop.heard(orderId);
      expect(again).toEqual(first);
      expect((await shop.rows(orderId))[1]).toBe('AnswerRepeated');
    }
    expect(shop.sent).toHaveLength(calls);
  });

  it('that the bus hands over twice is made once', async () => {
    const command = shop.authorizePayment(ours);
    await shop.command(command, command);
    await shop.command(command);

    expect(await shop.rows(ours)).toEqual(['PaymentApproved']);
    expect(await shop.ledgerOf(ours)).toEqual(held);
  });

  it('is unavailable when the provider cannot be reached: the try that asked hears of it, and the next one can succeed', async () => {
    shop.setNetwork('refused');
    await shop.command(shop.authorizePayment(ours, { attempt: 1 }));
    expect(await shop.heard(ours)).toMatchObject([
      { type: 'PaymentUnavailable', data: { attempt: 1, operation: 'authorize', reason: 'connect-failed' } },
    ]);
    expect(await shop.payment(ours)).toMatchObject({ status: 'NONE' });
    expect(await shop.timerOf(ours)).toBeNull();

    shop.setNetwork(undefined);
    await shop.command(shop.authorizePayment(ours, { attempt: 2 }));
    expect(await shop.heardTypes(ours)).toEqual(['PaymentUnavailable', 'PaymentApproved']);
    expect(await shop.ledgerOf(ours)).toEqual(held);
  });

  it('that the provider limits is unavailable: it did not look at it', async () => {
    await shop.setFaults({ rateLimitRate: 1 });
    await shop.command(shop.authorizePayment(ours));

    expect(await shop.heardTypes(ours)).toEqual(['PaymentUnavailable']);
    expect(await shop.ledgerOf(ours)).toBeUndefined();
  });

  it('carries one key, at every try and in every call', async () => {
    shop.setNetwork('refused');
    await shop.command(shop.authorizePayment(ours, { attempt: 1 }));
    shop.setNetwork('answer-lost');
    await shop.command(shop.authorizePayment(ours, { attempt: 2 }));
    shop.setNetwork(undefined);
    await shop.pass(5_000);

    const keys = shop.sent.filter(({ method }) => method === 'POST').map(({ key }) => key);
    expect(keys.length).toBeGreaterThanOrEqual(6);
    expect(new Set(keys)).toEqual(new Set([`${ours}:authorize`]));
    expect(await shop.ledgerOf(ours)).toEqual(held);
  });
});

describe('a slow authorisation', () => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await startPayment();
    await shop.setFaults({ latencyMs: 1_000, webhookRate: 0 });
  });
  afterEach(() => shop.end());

  it('is pending after 250 ms, and its late answer is recorded once', async () => {
    const startedAt = shop.clock.monotonic();
    await shop.command(shop.authorizePayment(ours));
    expect(shop.clock.monotonic() - startedAt).toBeLessThanOrEqual(300);
    expect(await shop.rows(ours)).toEqual(['AuthorizationPending']);
    expect(await shop.heard(ours)).toEqual([]);
    expect(await shop.timerOf(ours)).toMatchObject({ kind: 'resolve' });

    // The answer itself, before the timer asks.
    await shop.pass(800);
    expect(await shop.rows(ours)).toEqual(['AuthorizationPending', 'PaymentApproved']);
    expect(shop.sent).toHaveLength(1);
    await shop.pass(60_000);
    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved']);
    expect(await shop.rows(ours)).toEqual(['AuthorizationPending', 'PaymentApproved']);
    expect(await shop.timerOf(ours)).toBeNull();
    expect(await shop.ledgerOf(ours)).toEqual(held);
  });

  it('that is asked for again meanwhile is not sent again', async () => {
    await shop.command(shop.authorizePayment(ours, { attempt: 1 }));
    await shop.command(shop.authorizePayment(ours, { attempt: 2 }));
    await shop.pass(5_000);

    expect(shop.sent.filter(({ method }) => method === 'POST')).toHaveLength(1);
    expect(await shop.rows(ours)).toEqual(['AuthorizationPending', 'Noted', 'PaymentApproved']);
  });

  it('holds up no other order of its batch', async () => {
    await shop.setFaults({ latencyMs: 0 });
    const startedAt = shop.clock.monotonic();
    await shop.command(shop.authorizePayment(ours, { token: 'tok_timeout_lost' }), shop.authorizePayment(neighbour));

    expect(shop.clock.monotonic() - startedAt).toBeLessThanOrEqual(300);
    expect(await shop.rows(neighbour)).toEqual(['PaymentApproved']);
    expect(await shop.rows(ours)).toEqual(['AuthorizationPending']);
  });

  it('does not keep the service from stopping, and nothing is said of it', async () => {
    await shop.setFaults({ latencyMs: 0 });
    await shop.command(shop.authorizePayment(ours, { token: 'tok_timeout_lost' }));
    const startedAt = shop.clock.monotonic();
    const stopped = shop.service().stop();
    await shop.pass(100);
    await stopped;

    expect(shop.clock.monotonic() - startedAt).toBe(100);
    expect(await shop.rows(ours)).toEqual(['AuthorizationPending']);
    await shop.restart();
    await shop.pass(60_000);
    expect(await shop.heardTypes(ours)).toEqual(['PaymentReleaseStarted', 'PaymentDeclined']);
  });

  it('of many does not either, when a batch waits for its turn', async () => {
    await shop.setFaults({ latencyMs: 0 });
    const many = Array.from({ length: 16 }, (_, index) => anOrder(1, 100 + index));
    await shop.command(...many.map((orderId) => shop.authorizePayment(orderId, { token: 'tok_timeout_lost' })));
    const waiting = expect(shop.command(shop.authorizePayment(ours))).rejects.toThrow('the service stops');
    await shop.pass(500);
    const stopped = shop.service().stop();
    await shop.pass(300);
    await stopped;
    await waiting;

    expect(await shop.rows(ours)).toEqual([]);
    expect(shop.sent.filter(({ key }) => key === `${ours}:authorize`)).toEqual([]);
  });
});
