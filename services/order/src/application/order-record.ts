import type { Loaded } from '@checkout/event-log';
import type { ReadModelRow } from '@checkout/event-log';
import { type OrderId, toInstant } from '@checkout/kernel';
import type { Order } from '../domain/order.ts';
import { orderStream, type OrderView } from '../domain/order-view.ts';

/** An order as the API shows it. Times are UTC instants. */
export type OrderRecord = OrderView & {
  readonly id: OrderId;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
};

export function recordOfRow(row: ReadModelRow): OrderRecord {
  return record(row, row.view as OrderView);
}

export function recordOfLoaded(loaded: Loaded<Order>): OrderRecord {
  return record(loaded, orderStream.project(loaded.state).view as OrderView);
}

function record(
  row: Pick<ReadModelRow, 'streamId' | 'version' | 'createdAt' | 'updatedAt'>,
  view: OrderView,
): OrderRecord {
  const { streamId: id, version, createdAt, updatedAt } = row;
  return { id, ...view, version, createdAt: toInstant(createdAt), updatedAt: toInstant(updatedAt) };
}
