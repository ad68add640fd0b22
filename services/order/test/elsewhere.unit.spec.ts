import type { OrderId } from '@checkout/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startOrders } from './order.driver.ts';

let shop: Awaited<ReturnType<typeof startOrders>>;
beforeEach(async () => {
  shop = await startOrders();
});
afterEach(() => shop.end());

const placed = async (key = 'k-1'): Promise<OrderId> => (await shop.place(key)).body.id;
const failure = { code: 'payment-declined', step: 'authorize-payment', detail: 'no money' } as const;

describe('as it went wrong elsewhere: orders', () => {
  describe('a response is lost', () => {
    /** The order is durable, and the process ends before it can say so. */
    const lost = async () => {
      shop.crashAt({ recorded: 'OrderCreated' });
      void shop.place('k-1');
      await shop.pass(100);
      await shop.restart();
    };

    it('and sent again with its key: it is the same order', async () => {
      await lost();
      const again = await shop.place('k-1');
      expect([again.status, again.isReplayed]).toEqual([201, true]);
      expect(await shop.orders()).toHaveLength(1);
    });

    /**
     * A new key is a new intent: the API promises one order per key, and never guesses that two equal orders are one. Both
     * are carried to their end, and each is paid for once (payment's scenarios of the same name).
     */
    it('and submitted again with a new key: these are two orders, and each has its own saga', async () => {
      await lost();
      const again = await shop.place('k-2');
      expect([again.status, again.isReplayed]).toEqual([201, false]);

      const orders = await shop.orders();
      expect(orders).toHaveLength(2);
      for (const { id } of orders) expect(await shop.heardTypes(id)).toEqual(['OrderCreated']);
    });
  });

  describe('a key is burnt by a request that failed', () => {
    it.each([
      ['refused', () => shop.place('k-1', { paymentToken: '' }), 422],
      ['refused for its total', () => shop.place('k-1', { total: 1 }), 422],
    ])('%s: the same key places the order afterwards', async (_name, fail, status) => {
      expect((await fail()).status).toBe(status);
      const again = await shop.place('k-1');
      expect([again.status, again.isReplayed]).toEqual([201, false]);
    });

    it('never recorded, because the process ended: the same key places the order afterwards', async () => {
      shop.crash();
      void shop.place('k-1');
      await shop.pass(100);
      await shop.restart();
      const again = await shop.place('k-1');
      expect([again.status, again.isReplayed]).toEqual([201, false]);
      expect(await shop.orders()).toHaveLength(1);
    });
  });

  describe('parallel mutations that all say OK', () => {
    it('twenty submissions of one cart: one places the order, and the others get its answer', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => shop.place('k-1')));
      expect(answers.filter(({ status, isReplayed }) => status === 201 && !isReplayed)).toHaveLength(1);
      expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
      expect(await shop.orders()).toHaveLength(1);
    });

    it('two carts with one key: one is placed, and the other is told no', async () => {
      const answers = await Promise.all([shop.place('k-1'), shop.place('k-1', { currency: 'USD' })]);
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 422]);
      expect(await shop.orders()).toHaveLength(1);
    });

    it('completion and failure at once: one of them counts, and the other is kept for a person', async () => {
      const orderId = await placed();
      await shop.saga(orderId, 'MarkOrderPaid');
      await shop.saga(orderId, 'MarkOrderShipped');
      await Promise.all([
        shop.saga(orderId, 'CompleteOrder'),
        shop.command(shop.build('FailOrder', orderId, { failure })),
      ]);

      const ends = (await shop.heardTypes(orderId)).filter((type) => ['OrderCompleted', 'OrderFailed'].includes(type));
      expect(ends).toHaveLength(1);
      expect(await shop.deadLetters()).toMatchObject([{ orderId, state: 'parked' }]);
    });

    it('ten cancellations at once are one wish', async () => {
      const orderId = await placed();
      const answers = await Promise.all(Array.from({ length: 10 }, () => shop.cancel(orderId)));
      expect(new Set(answers.map(({ body }) => body.cancellation))).toEqual(new Set(['requested']));
      expect(await shop.heardTypes(orderId)).toEqual(['OrderCreated', 'OrderCancellationRequested']);
    });
  });

  describe('a repeated transition', () => {
    it('by the same message changes nothing and says nothing', async () => {
      const orderId = await placed();
      const paid = shop.build('MarkOrderPaid', orderId, {});
      await shop.command(paid);
      await shop.command(paid, paid);
      expect(await shop.rows(orderId)).toEqual(['OrderCreated', 'OrderPaid']);
    });

    it('by a new message is answered with what was recorded, and happens once', async () => {
      const orderId = await placed();
      for (const type of ['MarkOrderPaid', 'MarkOrderShipped', 'CompleteOrder'] as const) {
        for (const _ of [1, 2]) await shop.saga(orderId, type);
      }
      // As the saga does that has missed the answer: all of them once more, in order.
      for (const type of ['MarkOrderPaid', 'MarkOrderShipped', 'CompleteOrder'] as const)
        await shop.saga(orderId, type);

      const events = (await shop.rows(orderId)).filter((type) => type !== 'AnswerRepeated');
      expect(events).toEqual(['OrderCreated', 'OrderPaid', 'OrderShipped', 'OrderCompleted']);
      expect((await shop.show(orderId)).body.status).toBe('COMPLETED');
      expect((await shop.heardTypes(orderId)).filter((type) => type === 'OrderCompleted')).toHaveLength(3);
      expect(await shop.deadLetters()).toEqual([]);
    });
  });

  it('an order that nobody takes up: its announcement is repeated by a timer of its own row, also after a crash', async () => {
    shop.crashAt({ recorded: 'OrderCreated' });
    void shop.place('k-1');
    await shop.pass(100);
    await shop.restart();
    const [order] = await shop.orders();
    await shop.pass(61_000);
    expect(await shop.heardTypes(order!.id)).toEqual(['OrderCreated', 'OrderCreated']);
  });
});
