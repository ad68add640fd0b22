import type { Failure, OrderItem } from '@checkout/contracts';
import type { ReadModel, ReadModelTable, StreamDefinition } from '@checkout/event-log';
import { type Cancellation, type Order, orderDecider, type OrderEvent, type OrderStatus } from './order.ts';

/** What is shown of an order: neither its payment token nor its address. */
export type OrderView = {
  readonly userId: string;
  readonly status: OrderStatus;
  readonly currency: string;
  readonly items: readonly OrderItem[];
  readonly total: number;
  readonly cancellation: Cancellation;
  readonly failure?: Failure;
};

export const ordersTable: ReadModelTable = { name: 'orders', columns: { user_id: 'text', status: 'text' } };

export const orderStream: StreamDefinition<Order, OrderEvent> = {
  table: ordersTable,
  initialState: orderDecider.initialState,
  evolve: orderDecider.evolve,
  project: projectOrder,
};

function projectOrder(order: Order): ReadModel {
  if (order.status === 'NONE') return { view: null, columns: { user_id: null, status: null } };
  const { userId, currency, items, total } = order.details;
  const view: OrderView = {
    userId,
    status: order.status,
    currency,
    items,
    total,
    cancellation: order.cancellation,
    ...('failure' in order && { failure: order.failure }),
  };
  return { view, columns: { user_id: userId, status: order.status } };
}
