import type { EventLog } from '@checkout/event-log';
import type { Clock } from '@checkout/kernel';
import type { Metrics } from '@checkout/runtime';
import type { OrderStatus } from '../../domain/order.ts';

const open: readonly OrderStatus[] = ['CREATED', 'PAID', 'SHIPPED'];

/** @returns looks for the oldest order that has not come to its end, and shows its age. One instance says it for all. */
export function observeOrders(deps: {
  readonly log: EventLog;
  readonly clock: Pick<Clock, 'now'>;
  readonly metrics: Metrics;
}): () => Promise<void> {
  const { log, clock, metrics } = deps;
  const age = metrics.gauge({
    name: 'order_oldest_open_seconds',
    help: 'Age of the oldest order that is neither COMPLETED, FAILED nor CANCELLED; 0 when there is none.',
  });
  return async () => {
    const oldest = await Promise.all(
      open.map((status) => log.listReadModel({ equals: { status }, oldestFirst: true, limit: 1 })),
    );
    const now = clock.now();
    age.set(Math.max(0, ...oldest.flat().map(({ createdAt }) => now - createdAt)) / 1_000);
  };
}
