import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sentTo } from './client.ts';
import { booksOf } from './ledgers.ts';
import { testInvariants } from './invariants.ts';
import { type Platform, platformStartMs, startPlatform } from './platform.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ REVIEW_DEADLINE_MS: '3000' });
}, platformStartMs);
afterAll(() => platform.stop());

const total = 3998;

describe('an order', () => {
  test('that nobody refuses is completed', async () => {
    const { client } = platform;
    const { id } = await client.place();
    const order = await client.orderIs(id, 'COMPLETED');
    expect(order).not.toHaveProperty('failure');
    expect(await client.ledger(id)).toEqual(booksOf.completed(total));
    const saga = await client.sagaIs(id, 'COMPLETED');
    expect(saga.steps.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 'DONE'));
  });

  test.each([
    ['payment is declined', { paymentToken: 'tok_decline' }, 'payment-declined', booksOf.declined()],
    ['funds are insufficient', { paymentToken: 'tok_insufficient_funds' }, 'insufficient-funds', booksOf.declined()],
    ['buyer is a fraud', { userId: 'fraud-1' }, 'fraud-rejected', booksOf.untouched()],
    ['carrier refuses', sentTo('00000'), 'shipment-rejected', booksOf.voided(total, 'REJECTED')],
    [
      'capture is rejected',
      { paymentToken: 'tok_capture_reject' },
      'capture-rejected',
      booksOf.voided(total, 'CANCELLED'),
    ],
    ['parcel gets lost', sentTo('99999'), 'shipment-lost', booksOf.refunded(total, 'LOST')],
  ] as const)('whose %s fails and is undone', async (_what, change, code, books) => {
    const { client } = platform;
    const { id } = await client.place(change);
    const order = await client.orderIs(id, 'FAILED');
    expect(order.failure?.code).toBe(code);
    await client.sagaIs(id, 'COMPENSATED');
    expect(await client.ledger(id)).toEqual(books);
  });
});

describe('a payment that gets no answer', () => {
  test('and lands later is found, and the order completes', async () => {
    const { client } = platform;
    const { id } = await client.place({ paymentToken: 'tok_timeout_lands' });
    await client.orderIs(id, 'COMPLETED');
    expect(await client.ledger(id)).toEqual(booksOf.completed(total));
  });

  test('and never lands is voided by key, and the order fails', async () => {
    const { client } = platform;
    const { id } = await client.place({ paymentToken: 'tok_timeout_lost' });
    const order = await client.orderIs(id, 'FAILED');
    expect(order.failure?.code).toBe('payment-outcome-unknown');
    const { payments } = await client.ledger(id);
    expect(payments).toMatchObject([{ authorized: 0, captured: 0, refunded: 0, voided: 0 }]);
  });
});

describe('an order in doubt', () => {
  const inReview = async () => {
    const { client } = platform;
    const { id } = await client.place({ userId: `review-${crypto.randomUUID()}` });
    await client.sagaIs(id, 'WAITING_REVIEW');
    return id;
  };
  const isListed = async (id: string) => {
    const { body } = await platform.client.send<{ items: { orderId: string }[] }>('GET', '/v1/reviews');
    return body.items.some(({ orderId }) => orderId === id);
  };

  test('goes on when a person approves', async () => {
    const { client } = platform;
    const id = await inReview();
    expect(await isListed(id)).toBe(true);
    const { body } = await client.send('POST', `/v1/reviews/${id}/approve`, { actor: 'j.doe' });
    expect(body).toMatchObject({ status: 'CLEARED', decidedBy: 'j.doe' });
    expect((await client.send('POST', `/v1/reviews/${id}/approve`)).body).toEqual(body);
    expect((await client.send('POST', `/v1/reviews/${id}/reject`)).status).toBe(409);
    await client.orderIs(id, 'COMPLETED');
    expect(await client.ledger(id)).toEqual(booksOf.completed(total));
    expect(await isListed(id)).toBe(false);
  });

  test('fails when a person rejects', async () => {
    const { client } = platform;
    const id = await inReview();
    await client.send('POST', `/v1/reviews/${id}/reject`);
    expect((await client.orderIs(id, 'FAILED')).failure?.code).toBe('review-rejected');
    expect(await client.ledger(id)).toEqual(booksOf.untouched());
  });

  test('fails when nobody looks in time, and leaves the list', async () => {
    const { client } = platform;
    const id = await inReview();
    expect((await client.orderIs(id, 'FAILED')).failure?.code).toBe('review-expired');
    await client.until(
      'the list to be clear',
      () => isListed(id),
      (listed) => !listed,
    );
    expect(await client.ledger(id)).toEqual(booksOf.untouched());
  });
});

describe('a compensation that keeps failing', () => {
  const operator = { actor: 'j.doe', reason: 'the provider is back' };
  const stuck = async () => {
    const { client } = platform;
    const { id } = await client.place({ paymentToken: 'tok_void_fails', ...sentTo('00000') });
    await client.sagaIs(id, 'NEEDS_OPERATOR');
    expect((await client.order(id)).status).toBe('PAID');
    return id;
  };

  test('ends with an operator, who retries it when the provider is well again', async () => {
    const { client } = platform;
    const id = await stuck();
    const early = await client.send('POST', `/v1/sagas/${id}/retry`, operator);
    expect(early.status).toBe(200);
    await client.sagaIs(id, 'NEEDS_OPERATOR');
    const refused = await client.send<{ code: string }>('POST', `/v1/sagas/${id}/resolve`, {
      action: 'mark-undone',
      ...operator,
    });
    expect(refused).toMatchObject({ status: 409, body: { code: 'not-settled' } });
    await client.sagaIs(id, 'NEEDS_OPERATOR');

    await client.faults({ psp: { voidFails: false } });
    await client.send('POST', `/v1/sagas/${id}/retry`, operator);
    await client.sagaIs(id, 'COMPENSATED');
    expect((await client.order(id)).failure?.code).toBe('shipment-rejected');
    expect(await client.ledger(id)).toEqual(booksOf.voided(total, 'REJECTED'));
    await client.heal();
  });

  test('is settled elsewhere, and says so', async () => {
    const { client } = platform;
    const id = await stuck();
    const resolution = { action: 'mark-undone', ...operator, externalReference: 'transfer 4711' };
    expect((await client.send('POST', `/v1/sagas/${id}/resolve`, resolution)).status).toBe(200);
    expect((await client.orderIs(id, 'FAILED')).failure?.code).toBe('settled-externally');
    expect((await client.send('POST', `/v1/sagas/${id}/retry`, operator)).status).toBe(409);
  });
});

testInvariants(() => platform.client);
