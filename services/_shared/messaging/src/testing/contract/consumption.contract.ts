import { anOrder } from '@checkout/event-log/testing';
import { describe, expect, it } from 'vitest';
import { type BusContext, capture, numbers, refusal, words } from './context.ts';

/** Bus and consumer together: at least once becomes once. */
export function describeConsumption({ world, startConsumer, tallyOf }: BusContext): void {
  const orders = numbers(8).map((number) => anOrder(number % 4, number));
  const tallies = () => Promise.all(orders.map((orderId) => tallyOf(orderId)));

  describe('with a consumer behind it', () => {
    it('changes nothing when everything is read from the beginning again', async () => {
      const first = await startConsumer('payment');
      await world().publish(
        ...orders.flatMap((orderId) => numbers(5).map((number) => capture(orderId, number))),
        ...orders.map((orderId) => refusal(orderId, 'end')),
      );
      await world().until(async () => (await tallies()).every((tally) => tally.length === 6));
      await first.stop();
      const before = await tallies();

      // A group without offsets reads everything; what has been handled is a fact of the log and not of the group.
      await startConsumer('payment-again');
      const markers = numbers(4, 100).map((number) => anOrder(number % 4, number));
      await world().publish(...markers.map((orderId) => capture(orderId, 1)));
      await world().until(async () =>
        (await Promise.all(markers.map((orderId) => tallyOf(orderId)))).every((tally) => tally.length === 1),
      );
      await world().rest();

      expect(await tallies()).toEqual(before);
    });

    it('handles each message once, also with two instances of the group at work', async () => {
      await startConsumer('payment');
      await startConsumer('payment');
      for (const number of numbers(10)) {
        await world().publish(...orders.map((orderId) => capture(orderId, number)));
        if (number % 3 === 0) await world().rest();
      }
      await world().until(async () => (await tallies()).every((tally) => tally.length >= 10));
      await world().rest();

      expect(await tallies()).toEqual(orders.map(() => words(10)));
    });
  });
}
