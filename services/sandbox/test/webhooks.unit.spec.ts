import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type ReceivedWebhook, startSandbox, webhookSecret } from './sandbox.driver.ts';

describe('webhooks', () => {
  test('tell what happened to a payment, in the words of the provider', async () => {
    const psp = await startSandbox();
    await psp.authorize('o-1');
    await psp.capture('o-1');
    await psp.refund('o-1');
    await psp.authorize('o-2', { token: 'tok_decline' });
    await psp.capture('o-2');
    await psp.void('o-3');
    await psp.clock.advance(0);

    expect(psp.webhooks.map(({ body }) => `${body.reference} ${body.type}`).toSorted()).toEqual([
      'o-1 authorization.approved',
      'o-1 capture.succeeded',
      'o-1 refund.succeeded',
      'o-2 authorization.declined',
      'o-2 capture.rejected',
      'o-3 authorization.voided',
    ]);
    expect(psp.webhooks[0]?.body).toEqual({
      id: expect.any(String),
      type: 'authorization.approved',
      reference: 'o-1',
      amount: 3998,
      currency: 'EUR',
      occurredAt: '2026-01-01T00:00:00.000Z',
    });
  });

  test('go to the receiver of their provider', async () => {
    const world = await startSandbox({ config: { deliveryMs: 0 } });
    await world.authorize('o-1');
    await world.book('o-1', { postalCode: '99999' });
    await world.dispatch('o-1');
    await world.clock.advance(0);

    expect(world.webhooks.map(({ path, body }) => `${path} ${body.type}`)).toEqual([
      '/psp authorization.approved',
      '/carrier shipment.dispatched',
      '/carrier shipment.lost',
    ]);
  });

  test('are signed over id, time and body', async () => {
    const psp = await startSandbox();
    await psp.authorize('o-1');
    await psp.clock.advance(0);
    const { headers, text, body } = psp.webhooks[0] as ReceivedWebhook;
    const timestamp = String(Date.UTC(2026, 0, 1) / 1000);
    const expected = createHmac('sha256', webhookSecret).update(`${body.id}.${timestamp}.${text}`).digest('hex');

    expect(headers.get('webhook-id')).toBe(body.id);
    expect(headers.get('webhook-timestamp')).toBe(timestamp);
    expect(headers.get('webhook-signature')).toBe(`v1=${expected}`);
  });

  test('are sent again, with the same id, until the receiver takes them', async () => {
    let isUp = false;
    const psp = await startSandbox({ receive: () => (isUp ? 204 : 503) });
    await psp.authorize('o-1');
    await psp.clock.advance(60_000);
    expect(psp.webhooks.length).toBeGreaterThan(4);
    expect(psp.webhooks.length).toBeLessThan(12);
    isUp = true;
    await psp.clock.advance(30_000);
    const taken = psp.webhooks.length;
    await psp.clock.advance(3_600_000);

    expect(psp.webhooks).toHaveLength(taken);
    expect(new Set(psp.webhooks.map(({ body }) => body.id)).size).toBe(1);
    expect(psp.clock.pending()).toBe(0);
  });

  test('are sent at most 16 at a time, and all in the end', async () => {
    let open = 0;
    let most = 0;
    const psp = await startSandbox({
      receive: async () => {
        open += 1;
        most = Math.max(most, open);
        await psp.clock.sleep(100);
        open -= 1;
        return 204;
      },
    });
    await Promise.all(Array.from({ length: 100 }, (_, index) => psp.authorize(`o-${index}`)));
    await psp.clock.advance(1_000);

    expect(most).toBe(16);
    expect(new Set(psp.webhooks.map(({ body }) => body.reference)).size).toBe(100);
    expect(psp.webhooks).toHaveLength(100);
  });

  test('come twice when the setting says so, and not at all when it says so', async () => {
    const psp = await startSandbox();
    await psp.setFaults({ psp: { duplicateWebhookRate: 1 } });
    await psp.authorize('o-1');
    await psp.setFaults({ psp: { webhookRate: 0 } });
    await psp.authorize('o-2');
    await psp.clock.advance(0);

    expect(psp.webhooks.map(({ body }) => body.reference)).toEqual(['o-1', 'o-1']);
    expect(new Set(psp.webhooks.map(({ body }) => body.id)).size).toBe(1);
  });

  test('set out late when the setting says so, and overtake each other', async () => {
    const psp = await startSandbox();
    await psp.setFaults({ psp: { webhookDelayMs: 5_000 } });
    const references = Array.from({ length: 20 }, (_, index) => `o-${index}`);
    for (const reference of references) await psp.authorize(reference);
    await psp.clock.advance(0);
    expect(psp.webhooks.length).toBeLessThan(20);
    await psp.clock.advance(5_000);

    const arrived = psp.webhooks.map(({ body }) => body.reference);
    expect(arrived.toSorted()).toEqual(references.toSorted());
    expect(arrived).not.toEqual(references);
  });

  test('are not made for a provider without a receiver', async () => {
    const psp = await startSandbox({ config: { webhooks: {} } });
    await psp.authorize('o-1');
    await psp.clock.advance(60_000);

    expect(psp.webhooks).toEqual([]);
    expect(psp.clock.pending()).toBe(0);
  });
});
