import { anOrder } from '@checkout/event-log/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ours, startPayment } from './payment.driver.ts';

type Shop = Awaited<ReturnType<typeof startPayment>>;
const approved = { type: 'authorization.approved', reference: ours, amount: 1, currency: 'EUR', somethingNew: true };

let shop: Shop;
beforeEach(async () => {
  shop = await startPayment({ unknownDeadlineMs: 20_000 });
});
afterEach(() => shop.end());

/** An authorisation that is unknown, and has landed. */
const unknownPayment = async () => {
  shop.setNetwork('answer-lost');
  await shop.command(shop.authorizePayment(ours));
  shop.setNetwork(undefined);
  expect(await shop.rows(ours)).toEqual(['AuthorizationPending']);
};
const settled = async () => {
  await shop.pass(50);
  return shop.rows(ours);
};

describe('a webhook', () => {
  it('is a hint: the provider is asked, and what it says is recorded', async () => {
    await unknownPayment();
    expect(await shop.webhook(approved)).toMatchObject({ status: 204, body: '' });

    expect(await settled()).toEqual(['AuthorizationPending', 'PaymentApproved']);
    expect(shop.sent.at(-1)).toMatchObject({ method: 'GET' });
  });

  it('that is repeated does no harm', async () => {
    await unknownPayment();
    for (const _ of [1, 2, 3]) expect(await shop.webhook(approved)).toMatchObject({ status: 204 });
    await Promise.all([shop.webhook(approved), shop.webhook(approved, { id: 'w-2' })]);

    expect(await settled()).toEqual(['AuthorizationPending', 'PaymentApproved']);
  });

  it('of something else that has happened is believed no more than the provider itself', async () => {
    await unknownPayment();
    await shop.webhook({ type: 'authorization.declined', reference: ours });
    expect(await settled()).toEqual(['AuthorizationPending', 'PaymentApproved']);
  });

  it('of an order that nobody knows is taken, and nothing is asked or recorded', async () => {
    const stranger = anOrder(3, 99);
    expect(await shop.webhook({ ...approved, reference: stranger })).toMatchObject({ status: 204 });
    await shop.pass(50);

    expect(await shop.rows(stranger)).toEqual([]);
    expect(shop.sent).toEqual([]);
  });

  it('of a payment that is settled asks nobody', async () => {
    await shop.command(shop.authorizePayment(ours));
    const calls = shop.sent.length;
    await shop.webhook(approved);
    await shop.pass(50);
    expect(shop.sent).toHaveLength(calls);
  });
});

describe('a webhook is refused', () => {
  beforeEach(() => unknownPayment());
  afterEach(async () => {
    const calls = shop.sent.length;
    expect(await settled()).toEqual(['AuthorizationPending']);
    expect(shop.sent).toHaveLength(calls);
  });

  it.each([
    ['with another secret', { secret: 'not the secret' }],
    ['with a signature of something else', { headers: { 'Webhook-Signature': `v1=${'0'.repeat(64)}` } }],
    ['with half a signature', { headers: { 'Webhook-Signature': 'v1=' } }],
    ['with an id that was not signed', { headers: { 'Webhook-Id': 'w-9' } }],
    ['with a time that was not signed', { headers: { 'Webhook-Timestamp': '1' } }],
    ['with a time that is none', { headers: { 'Webhook-Timestamp': 'now' } }],
    ['with a time beyond all times', { headers: { 'Webhook-Timestamp': '9'.repeat(30) } }],
    ['without an id', { headers: { 'Webhook-Id': '' } }],
    ['without a time', { headers: { 'Webhook-Timestamp': '' } }],
    ['without a signature', { headers: { 'Webhook-Signature': '' } }],
  ])('%s', async (_name, parts) => {
    expect(await shop.webhook(approved, parts)).toMatchObject({
      status: 401,
      body: { code: 'webhook-signature-invalid' },
    });
  });

  it.each([
    ['long ago', 301_000],
    ['in the future', -302_000],
  ])('when it was signed %s', async (_name, ageMs) => {
    expect(await shop.webhook(approved, { ageMs })).toMatchObject({ status: 401, body: { code: 'webhook-expired' } });
  });

  it.each([
    ['that is not JSON', '{"type": "authorization.approved"', 400, 'malformed-json'],
    ['that is no object', '[]', 422, 'validation-failed'],
    ['without an order', { type: 'authorization.approved' }, 422, 'validation-failed'],
    ['with an order that cannot be one', { ...approved, reference: 'o-1' }, 422, 'validation-failed'],
    ['without a type', { reference: ours }, 422, 'validation-failed'],
    ['with a key twice', `{"type":"a","type":"b","reference":"${ours}"}`, 422, 'duplicate-key'],
    ['that is too big', { ...approved, padding: 'x'.repeat(131_072) }, 413, 'payload-too-large'],
  ])('%s', async (_name, body, status, code) => {
    expect(await shop.webhook(body)).toMatchObject({ status, body: { code } });
  });

  it('of another media type', async () => {
    expect(await shop.webhook(approved, { headers: { 'Content-Type': 'text/plain' } })).toMatchObject({ status: 415 });
  });
});

it('a webhook at the edge of its five minutes is taken', async () => {
  await unknownPayment();
  expect(await shop.webhook(approved, { ageMs: 299_000 })).toMatchObject({ status: 204 });
  expect(await settled()).toContain('PaymentApproved');
});
