import { anOrder } from '@checkout/event-log/testing';
import { send } from '@checkout/http/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ours, startPayment } from './payment.driver.ts';
import { amount } from './payment.fixture.ts';

type Shop = Awaited<ReturnType<typeof startPayment>>;

let shop: Shop;
beforeEach(async () => {
  shop = await startPayment();
});
afterEach(() => shop.end());

const get = (path: string) => send(shop.app(), 'GET', path);

describe('the ledger of a payment', () => {
  it('is shown, without its token', async () => {
    await shop.command(shop.authorizePayment(ours), shop.capturePayment(ours));
    const { status, body } = await get(`/v1/payments/${ours}`);

    expect(status).toBe(200);
    expect(body).toEqual({
      orderId: ours,
      status: 'CAPTURED',
      currency: 'EUR',
      authorized: amount,
      captured: amount,
      voided: 0,
      refunded: 0,
      parked: null,
      version: 2,
      updatedAt: '2026-01-01T00:00:00.000Z',
    });
  });

  it.each([
    [anOrder(1, 77), 'payment-not-found'],
    ['not-an-order', 'not-found'],
  ])('of %s is not there', async (id, code) => {
    expect(await get(`/v1/payments/${id}`)).toMatchObject({ status: 404, body: { code } });
  });
});

it('a poisoned command is listed, holds its order and is handled again when it is redriven', async () => {
  const broken = { ...shop.authorizePayment(ours), data: { attempt: 0 } };
  await shop.command(broken, shop.capturePayment(ours), shop.authorizePayment(anOrder(0, 9)));
  const { body } = await get('/v1/dead-letters');

  expect(body).toMatchObject({
    items: [
      { service: 'payment', group: 'payment', orderId: ours, state: 'parked', reason: 'unreadable' },
      { orderId: ours, state: 'held', type: 'CapturePayment' },
    ],
    nextCursor: null,
  });
  expect(JSON.stringify(body)).not.toContain('tok_');
  expect(await shop.rows(anOrder(0, 9))).toEqual(['PaymentApproved']);
});

it('the log is shown to be in order', async () => {
  await shop.command(shop.authorizePayment(ours), shop.capturePayment(ours));
  expect(await get('/ops/log/verify')).toMatchObject({ status: 200, body: { ok: true } });
});

it('nothing that is logged names a token', async () => {
  await shop.setFaults({ errorRate: 0.5 });
  await shop.command(shop.authorizePayment(ours));
  shop.setAnswers((text) => text.replaceAll(String(amount), '7'));
  await shop.command(shop.authorizePayment(anOrder(0, 2)));
  await shop.pass(60_000);

  expect(shop.logger.lines.length).toBeGreaterThan(0);
  expect(JSON.stringify(shop.logger.lines)).not.toContain('tok_');
});
