import { anOrder } from '@checkout/event-log/testing';
import { describe, expect, it } from 'vitest';
import { TransientError } from '../../errors.ts';
import { type BusContext, capture, labels, labelsOf, numbers, refusal, release, words } from './context.ts';

/** Deliveries of one partition come one after the other; partitions know nothing of each other. */
export function describePartitions({ world, startListener }: BusContext): void {
  describe('a partition of a group', () => {
    it('has one delivery in flight, whatever is published meanwhile', async () => {
      const gates: (() => void)[] = [];
      let inFlight = 0;
      let mostInFlight = 0;
      const listener = await startListener({
        async before() {
          inFlight += 1;
          mostInFlight = Math.max(mostInFlight, inFlight);
          await new Promise<void>((resolve) => gates.push(resolve));
          inFlight -= 1;
        },
      });
      for (const number of numbers(5)) {
        await world().publish(capture(anOrder(0), number), refusal(anOrder(0, 2), `r${number}`));
        await world().rest();
      }
      expect(gates).toHaveLength(1);

      while (listener.handled.length < 10) {
        await world().until(() => gates.length > 0);
        gates.shift()?.();
        await world().until(() => gates.length > 0 || listener.handled.length === 10);
      }
      expect(mostInFlight).toBe(1);
      expect(labelsOf(listener, anOrder(0))).toEqual(words(5));
    });

    it('does not wait for another one', async () => {
      const gate = Promise.withResolvers<void>();
      const listener = await startListener({
        before: ({ partition }) => (partition === 0 ? gate.promise : undefined),
      });
      await world().publish(capture(anOrder(0), 1), capture(anOrder(1), 2));
      await world().until(() => listener.handled.length === 1);
      expect(labels(listener.handled)).toEqual(['2']);

      gate.resolve();
      await world().until(() => listener.handled.length === 2);
    });

    it('waits for a type that the process does not know yet, and loses nothing', async () => {
      let isKnown = false;
      const listener = await startListener({
        accepts({ type }) {
          if (type === 'ReleasePayment' && !isKnown) throw new TransientError('newer than this process');
          return true;
        },
      });
      await world().publish(capture(anOrder(0), 1), release(anOrder(0), 2), capture(anOrder(0), 3));
      await world().publish(capture(anOrder(1), 4));
      await world().until(() => labels(listener.handled).includes('4'));
      await world().rest();
      expect(labels(listener.handled)).not.toContain('2');
      expect(labels(listener.handled)).not.toContain('3');

      isKnown = true;
      await world().until(() => labels(listener.handled).includes('3'));
      expect([...new Set(labelsOf(listener, anOrder(0)))]).toEqual(['1', '2', '3']);
    });

    it('is read again when the delivery was stale', async () => {
      let isStale = true;
      const listener = await startListener({
        before() {
          if (!isStale) return undefined;
          isStale = false;
          return 'stale';
        },
      });
      await world().publish(capture(anOrder(), 1), capture(anOrder(), 2));
      await world().until(() => listener.handled.length >= 2);

      expect(labels(listener.handled)).toEqual(['1', '2']);
    });
  });
}
