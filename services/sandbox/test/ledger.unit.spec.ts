import { describe, expect, test } from 'vitest';
import { startSandbox } from './sandbox.driver.ts';

type Page = { payments: { orderId: string }[]; shipments: { orderId: string }[]; nextCursor: string | null };

describe('GET /ledger', () => {
  test('of an order that is not there is empty', async () => {
    const world = await startSandbox();

    expect(await world.ask('GET', '/ledger?orderId=o-1')).toMatchObject({
      status: 200,
      body: { payments: [], shipments: [], nextCursor: null },
    });
  });

  test.each([1, 2, 3, 1000])('lists all orders once, in pages of %i', async (limit) => {
    const world = await startSandbox();
    for (const reference of ['o-1', 'o-2', 'o-3', 'o-4']) await world.authorize(reference);
    for (const reference of ['o-2', 'o-5']) await world.book(reference);
    const payments: string[] = [];
    const shipments: string[] = [];
    let cursor: string | null = null;
    do {
      const answer = await world.ask('GET', `/ledger?limit=${limit}${cursor === null ? '' : `&cursor=${cursor}`}`);
      const page = (answer as { body: unknown }).body as Page;
      payments.push(...page.payments.map(({ orderId }) => orderId));
      shipments.push(...page.shipments.map(({ orderId }) => orderId));
      cursor = page.nextCursor;
    } while (cursor !== null);

    expect(payments).toEqual(['o-1', 'o-2', 'o-3', 'o-4']);
    expect(shipments).toEqual(['o-2', 'o-5']);
  });

  test.each(['limit=0', 'limit=1001', 'cursor=x', 'orderId='])('?%s is refused', async (query) => {
    expect(await (await startSandbox()).ask('GET', `/ledger?${query}`)).toMatchObject({ status: 422 });
  });
});

describe('GET /ledger/summary', () => {
  test('adds up by currency, and leaves out what never held money', async () => {
    const world = await startSandbox();
    await world.authorize('o-1', { amount: 1000 });
    await world.capture('o-1', { amount: 1000 });
    await world.refund('o-1', { amount: 400 });
    await world.authorize('o-2', { amount: 500 });
    await world.void('o-2');
    await world.void('o-3');
    await world.authorize('o-4', { token: 'tok_decline' });
    await world.ask(
      'POST',
      '/psp/authorizations',
      { reference: 'o-5', amount: 7, currency: 'JPY', token: 'tok_approve' },
      'k',
    );

    expect(await world.ask('GET', '/ledger/summary')).toMatchObject({
      status: 200,
      body: {
        EUR: { authorized: 1500, captured: 1000, refunded: 400, voided: 500 },
        JPY: { authorized: 7, captured: 0, refunded: 0, voided: 0 },
      },
    });
  });
});
