import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { booksOf } from './ledgers.ts';
import { testInvariants } from './invariants.ts';
import { type Platform, platformStartMs, startPlatform } from './platform.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ SANDBOX_DELIVERY_MS: '1500', PROVIDER_TIMEOUT_MS: '2000' });
}, platformStartMs);
afterEach(() => platform.client.heal());
afterAll(() => platform.stop());

const total = 3998;
/** Long enough to do something while a provider thinks. */
const thinkingMs = 600;

describe('a cancellation is granted', () => {
  test('while the order is CREATED', async () => {
    const { client } = platform;
    await client.faults({ bureau: { latencyMs: thinkingMs } });
    const { id } = await client.place();
    const cancelled = await client.cancel(id);
    expect(cancelled).toMatchObject({ status: 202, body: { status: 'CREATED', cancellation: 'requested' } });
    const again = await client.cancel(id);
    const order = await client.orderIs(id, 'CANCELLED');
    const { body } = await client.send<{ events: { type: string }[] }>('GET', `/v1/orders/${id}/events`);
    expect([202, 409]).toContain(again.status);
    expect(body.events.filter(({ type }) => type === 'OrderCancellationRequested')).toHaveLength(1);
    expect(order.failure).toMatchObject({ code: 'customer-cancelled', step: 'assess-fraud' });
    expect(await client.ledger(id)).toEqual(booksOf.untouched());
  });

  test('while the payment is being authorised: the authorisation is voided, whenever it lands', async () => {
    const { client } = platform;
    await client.faults({ psp: { latencyMs: thinkingMs } });
    const { id } = await client.place();
    await client.sagaAt(id, 'authorize-payment');
    await client.cancel(id);
    await client.orderIs(id, 'CANCELLED');
    const { payments } = await client.ledger(id);
    for (const { authorized, captured, voided } of payments) {
      expect({ live: authorized - captured - voided, captured }).toEqual({ live: 0, captured: 0 });
    }
  });

  test('while it is PAID and being booked', async () => {
    const { client } = platform;
    await client.faults({ carrier: { latencyMs: thinkingMs } });
    const { id } = await client.place();
    await client.orderIs(id, 'PAID');
    expect((await client.cancel(id)).status).toBe(202);
    await client.orderIs(id, 'CANCELLED');
    expect(await client.ledger(id)).toEqual(booksOf.voided(total, 'CANCELLED'));
  });

  test('when it races a capture that is then rejected', async () => {
    const { client } = platform;
    await client.faults({ psp: { latencyMs: thinkingMs } });
    const { id } = await client.place({ paymentToken: 'tok_capture_reject' });
    await client.sagaAt(id, 'capture-payment');
    expect((await client.cancel(id)).status).toBe(202);
    const order = await client.orderIs(id, 'CANCELLED');
    expect(order.failure?.code).toBe('customer-cancelled');
    expect(await client.ledger(id)).toEqual(booksOf.voided(total, 'CANCELLED'));
  });
});

describe('a cancellation is refused', () => {
  test('when it races a capture that succeeds: the order goes on', async () => {
    const { client } = platform;
    await client.faults({ psp: { latencyMs: thinkingMs } });
    const { id } = await client.place();
    await client.sagaAt(id, 'capture-payment');
    expect((await client.cancel(id)).status).toBe(202);
    const order = await client.orderIs(id, 'COMPLETED');
    expect(order.cancellation).toBe('refused');
    expect(await client.ledger(id)).toEqual(booksOf.completed(total));
  });

  test('once the order is SHIPPED', async () => {
    const { client } = platform;
    const { id } = await client.place();
    await client.orderIs(id, 'SHIPPED');
    expect(await client.cancel(id)).toMatchObject({ status: 409, body: { code: 'order-not-cancellable' } });
    expect((await client.orderIs(id, 'COMPLETED')).cancellation).toBe('none');
  });

  test('for an order that does not exist', async () => {
    const answer = await platform.client.cancel('0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01');
    expect(answer).toMatchObject({ status: 404, body: { code: 'order-not-found' } });
  });
});

testInvariants(() => platform.client);
