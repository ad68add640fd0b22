import { anOrder } from '@checkout/event-log/testing';
import { describe, expect, it } from 'vitest';
import { type BusContext, capture, labels, numbers, refusal } from './context.ts';

/** What remains of an instance of the service when it has stopped. */
export function describeInstances({ world, startListener }: BusContext): void {
  describe('an instance that stops', () => {
    it('waits for the delivery in hand, and takes no other', async () => {
      const gate = Promise.withResolvers<void>();
      const listener = await startListener({ before: () => gate.promise });
      await world().publish(capture(anOrder(), 1));
      await world().until(() => listener.deliveries.length === 1);
      let hasStopped = false;
      const stopping = listener.stop().then(() => {
        hasStopped = true;
      });
      await world().publish(capture(anOrder(), 2));
      await world().rest();
      expect(hasStopped).toBe(false);

      gate.resolve();
      await world().until(() => hasStopped);
      await stopping;
      await world().publish(capture(anOrder(), 3));
      await world().rest();
      expect(labels(listener.handled)).toEqual(['1']);
      expect(listener.deliveries).toHaveLength(1);
    });

    it('is followed by one that goes on behind it', async () => {
      const first = await startListener();
      await world().publish(capture(anOrder(0), 1), refusal(anOrder(1), '2'));
      await world().until(() => first.handled.length === 2);
      await first.stop();
      await world().publish(capture(anOrder(0), 3));
      const second = await startListener();
      await world().publish(refusal(anOrder(1), '4'));
      await world().until(() => second.handled.length === 2);
      await world().rest();

      expect(labels(second.handled).toSorted()).toEqual(['3', '4']);
    });

    it('has noted what it looked at, though nothing concerned it for a thousand messages', async () => {
      const looksOfAnInstance = async (isEnough: (looks: number) => boolean) => {
        let looks = 0;
        const listener = await startListener({
          accepts() {
            looks += 1;
            return false;
          },
        });
        await world().until(() => isEnough(looks));
        await world().rest();
        await listener.stop();
        return looks;
      };
      await world().publish(...numbers(1_200).map((number) => capture(anOrder(), number)));
      await looksOfAnInstance((looks) => looks >= 1_200);

      expect(await looksOfAnInstance(() => true)).toBeLessThan(1_000);
    });
  });
}
