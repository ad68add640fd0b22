import { anOrder, testIdentity } from '@checkout/event-log/testing';
import { partitionOf } from '@checkout/kernel';
import { describe, expect, it } from 'vitest';
import { type BusContext, capture, labels, labelsOf, numbers, refusal, release, words } from './context.ts';

/** What reaches a group. */
export function describeHandover({ world, openBus, listen, startListener }: BusContext): void {
  describe('what it hands over', () => {
    it('is what was published: type, topic, order and data, with an id of its own', async () => {
      const listener = await startListener();
      await world().publish(capture(anOrder(0), 1), refusal(anOrder(1), 'too late'));
      await world().until(() => listener.handled.length === 2);

      expect(listener.handled.toSorted((a, b) => (a.type < b.type ? -1 : 1))).toMatchObject([
        { type: 'CapturePayment', topic: 'checkout.payment.commands', orderId: anOrder(0), data: { attempt: 1 } },
        {
          type: 'OrderCancellationRefused',
          topic: 'checkout.order.events',
          orderId: anOrder(1),
          data: { reason: 'too late' },
        },
      ]);
      expect(new Set(listener.handled.map((message) => message.id)).size).toBe(2);
      for (const { causationId, correlationId, recordedAt } of listener.handled) {
        expect(causationId).toMatch(/^[0-9a-f]{32}$/);
        expect(correlationId).not.toBe('');
        expect(recordedAt).toBeGreaterThan(0);
      }
    });

    it('includes what was published before it started', async () => {
      await world().publish(capture(anOrder(), 1), capture(anOrder(), 2));
      const listener = await startListener();
      await world().until(() => listener.handled.length === 2);

      expect(labels(listener.handled)).toEqual(['1', '2']);
    });

    it('is of one partition in each delivery', async () => {
      const listener = await startListener();
      await world().publish(...numbers(40).map((number) => capture(anOrder(number % 4, number), number)));
      await world().until(() => listener.handled.length === 40);

      for (const { partition, messages } of listener.deliveries) {
        const partitions = messages.map(({ orderId }) => partitionOf(orderId, testIdentity.partitions));
        expect(partitions).toEqual(messages.map(() => partition));
      }
    });

    it('is only what the group accepts', async () => {
      const listener = await startListener({ accepts: ({ type }) => type === 'ReleasePayment' });
      await world().publish(capture(anOrder(), 1), release(anOrder(), 2), refusal(anOrder(), '3'));
      await world().until(() => listener.handled.length > 0);
      await world().rest();

      expect(labels(listener.handled)).toEqual(['2']);
    });

    it('goes to each group', async () => {
      const bus = openBus();
      const payment = listen(bus, { group: 'payment' });
      const audit = listen(bus, { group: 'audit' });
      await bus.start();
      await world().publish(...numbers(5).map((number) => capture(anOrder(), number)));
      await world().until(() => payment.handled.length >= 5 && audit.handled.length >= 5);

      expect(labelsOf(payment, anOrder())).toEqual(words(5));
      expect(labelsOf(audit, anOrder())).toEqual(words(5));
    });
  });
}
