import { type EventLog, execute, type Streams } from '@checkout/event-log';
import { causeOf, err, ok, type OrderId, type Result } from '@checkout/kernel';
import { type Order, orderDecider, type OrderEvent, type OrderRefusal } from '../domain/order.ts';
import { type OrderRecord, recordOfLoaded } from './order-record.ts';

export type CancelOrder = {
  readonly orderId: OrderId;
  /** Whose orders the caller reaches: for it, those of others do not exist. Without it, everybody's. */
  readonly owner?: string | undefined;
  readonly requestId: string;
  readonly traceparent: string;
};
export type CancelOrderUseCase = (command: CancelOrder) => Promise<Result<OrderRecord, OrderRefusal>>;

/** Records the customer's wish; the saga decides. Asking again while it is open changes nothing. */
export function createCancelOrder(deps: {
  readonly log: EventLog;
  readonly streams: Streams<Order, OrderEvent>;
}): CancelOrderUseCase {
  return async ({ orderId, owner, requestId, traceparent }) => {
    const executed = await execute(deps, {
      streamId: orderId,
      // Only the same caller again is a repetition: a request id that somebody else names tells nothing of the order.
      cause: { id: causeOf('cancel-order', orderId, owner ?? '', requestId), correlationId: requestId, traceparent },
      decide: ({ state }) =>
        orderDecider.decide(isHidden(state, owner) ? orderDecider.initialState : state, {
          type: 'RequestCancellation',
        }),
    });
    if (executed.ok) return ok(recordOfLoaded(executed.value.loaded));
    if (executed.error.kind === 'refused') return err(executed.error.refusal);
    throw new Error('a cancellation claims no idempotency key');
  };
}

function isHidden(order: Order, owner: string | undefined): boolean {
  return owner !== undefined && order.status !== 'NONE' && order.details.userId !== owner;
}
