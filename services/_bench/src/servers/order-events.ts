import type { AppendUnit, NewEvent } from '@checkout/event-log';
import { causeOf, type OrderId, toOrderId } from '@checkout/kernel';
import { createSystemIds } from '@checkout/runtime';

const ids = createSystemIds();

/** Of about the size that an order's events have: 200 bytes. */
export const orderEvent: NewEvent = {
  type: 'OrderCancelled',
  data: { failure: { code: 'cancelled-by-customer', step: 'none', detail: 'x'.repeat(120) } },
};
const view = { status: 'CANCELLED', userId: 'u-1', totalAmount: 3_998, currency: 'EUR' };

export const newOrderId = (): OrderId => toOrderId(ids.uuid());

/** An event that is published, at the end of a stream. */
export function eventUnit(streamId: OrderId, expectedVersion: number): AppendUnit {
  return {
    cause: { id: causeOf('bench', streamId, expectedVersion), correlationId: 'bench' },
    streams: [
      {
        streamId,
        expectedVersion,
        events: [orderEvent],
        readModel: { view, columns: { user_id: view.userId, status: view.status } },
      },
    ],
  };
}
