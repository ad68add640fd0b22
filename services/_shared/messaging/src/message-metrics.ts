import type { RawMessage } from '@checkout/contracts';
import type { Clock } from '@checkout/kernel';
import { latencyBucketsSeconds, type Metrics } from '@checkout/runtime';
import type { Handled } from './bus.port.ts';

export type MessageMetrics = {
  /** Gives back the batch as it is, and counts its messages when it is over. */
  measure(messages: readonly RawMessage[], batch: Promise<Handled>): Promise<Handled>;
};

/** Rate, failures and duration by group and type of message. */
export function createMessageMetrics(
  group: string,
  { clock, metrics }: { readonly clock: Pick<Clock, 'monotonic'>; readonly metrics: Metrics },
): MessageMetrics {
  const total = metrics.counter({
    name: 'messages_handled_total',
    help: 'Messages by how their batch ended: done; stale or failed, and they come again.',
    labels: ['group', 'type', 'outcome'],
  });
  const seconds = metrics.histogram({
    name: 'message_seconds',
    help: 'Time from the delivery of a message to its record.',
    labels: ['group', 'type'],
    buckets: latencyBucketsSeconds,
  });
  return {
    measure(messages, batch) {
      const beganAtMs = clock.monotonic();
      const observe = (outcome: Handled | 'failed') => {
        const durationMs = clock.monotonic() - beganAtMs;
        for (const { type } of messages) {
          total.add({ group, type, outcome });
          if (outcome === 'done') seconds.observe(durationMs / 1_000, { group, type });
        }
      };
      void batch.then(observe, () => observe('failed'));
      return batch;
    },
  };
}
