import type { RawMessage } from '@checkout/contracts';
import { partitionOf } from '@checkout/kernel';
import type { Bus, Delivery, ForeignRecord, Handled, Subscription } from '../bus.port.ts';

/** A bus that carries what the test puts on it, when the test says so. It keeps nothing: a failed delivery is the test's. */
export type StubBus = Bus & {
  /**
   * Hands messages to the groups that accept them: one delivery per partition, the partitions side by side. Resolves when
   * all are recorded, with what the handlers said.
   * @throws what a handler throws
   */
  deliver(...messages: readonly RawMessage[]): Promise<readonly Handled[]>;
  /**
   * Hands a record that is no message to the groups of its topic that park such records.
   * @throws what a group throws
   */
  deliverForeign(record: ForeignRecord): Promise<void>;
};

export function createStubBus(partitions: number): StubBus {
  const subscriptions: Subscription[] = [];
  const inHand = new Set<Promise<unknown>>();
  const handOver = (subscription: Subscription, delivery: Delivery): Promise<Handled> => {
    const handled = subscription.handle(delivery);
    const over = handled
      .catch(() => {})
      .then(() => {
        inHand.delete(over);
      });
    inHand.add(over);
    return handled;
  };
  return {
    subscribe: (subscription) => void subscriptions.push(subscription),
    start: () => Promise.resolve(),
    stop: async () => void (await Promise.all(inHand)),
    async deliver(...messages) {
      const deliveries = subscriptions.flatMap((subscription) => {
        const wanted = messages.filter(
          (message) => subscription.topics.includes(message.topic) && subscription.accepts(message),
        );
        const byPartition = Map.groupBy(wanted, ({ orderId }) => partitionOf(orderId, partitions));
        return [...byPartition].map(([partition, ofPartition]) =>
          handOver(subscription, { partition, messages: ofPartition, offsets: [] }),
        );
      });
      return Promise.all(deliveries);
    },
    async deliverForeign(record) {
      const listening = subscriptions.filter(({ topics }) => topics.includes(record.topic));
      await Promise.all(listening.map(async ({ parkForeign }) => parkForeign?.(record)));
    },
  };
}
