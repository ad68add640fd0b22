import { anOrder } from '@checkout/event-log/testing';
import { createSeededRandom } from '@checkout/kernel/testing';
import { describe, expect, it } from 'vitest';
import { type BusContext, capture, labels, labelsOf, numbers } from './context.ts';

/** Nothing is lost when a handler fails, and nothing overtakes it. */
export function describeFailures({ world, startListener }: BusContext): void {
  const refuse = () => {
    throw new Error('not now');
  };

  describe('a handler that fails', () => {
    it('gets the same messages again, from the same one on', async () => {
      let failuresLeft = 3;
      const listener = await startListener({
        before() {
          failuresLeft -= 1;
          if (failuresLeft >= 0) refuse();
        },
      });
      await world().publish(capture(anOrder(), 1), capture(anOrder(), 2), capture(anOrder(), 3));
      await world().until(() => listener.handled.length >= 3);

      expect(labels(listener.handled)).toEqual(['1', '2', '3']);
      expect(listener.deliveries.length).toBeGreaterThan(3);
      for (const { messages } of listener.deliveries.slice(0, 4)) expect(labels(messages)[0]).toBe('1');
    });

    it('moves nothing: the next instance gets the messages as well', async () => {
      const failing = await startListener({ before: refuse });
      await world().publish(capture(anOrder(), 1), capture(anOrder(), 2));
      await world().until(() => failing.deliveries.length > 1);
      await failing.stop();
      const next = await startListener();
      await world().until(() => next.handled.length === 2);

      expect(labels(next.handled)).toEqual(['1', '2']);
    });

    it('holds up no other partition', async () => {
      const listener = await startListener({
        before({ partition }) {
          if (partition === 0) refuse();
        },
      });
      await world().publish(capture(anOrder(0), 1), capture(anOrder(1), 2), capture(anOrder(2), 3));
      await world().until(() => listener.handled.length === 2);

      expect(labels(listener.handled).toSorted()).toEqual(['2', '3']);
    });

    it('loses nothing and changes no order, however often it fails', async () => {
      const random = createSeededRandom(7);
      const orders = numbers(12).map((number) => anOrder(number % 4, number));
      const listener = await startListener({
        before() {
          if (random.next() < 0.3) refuse();
        },
      });
      for (let sent = 0; sent < 200; sent += 20) {
        const some = numbers(20, sent + 1).map((number) =>
          capture(orders[Math.floor(random.next() * orders.length)]!, number),
        );
        await world().publish(...some);
      }
      await world().until(() => new Set(labels(listener.handled)).size === 200);

      for (const orderId of orders) {
        const firstTimes = [...new Set(labelsOf(listener, orderId))].map(Number);
        expect(firstTimes).toEqual(firstTimes.toSorted((a, b) => a - b));
      }
    });
  });
}
