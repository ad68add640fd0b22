import type { Evidence, LedgerPayment, LedgerShipment, OrderAtEnd } from './evidence.ts';

/** What the providers' books say about one order. */
export type Books = { readonly payments: readonly LedgerPayment[]; readonly shipments: readonly LedgerShipment[] };

export type OrderWithBooks = { readonly order: OrderAtEnd; readonly books: Books };

/** Each order beside its books. */
export function withBooks({ orders, payments, shipments }: Evidence): readonly OrderWithBooks[] {
  const paymentsOf = Map.groupBy(payments, ({ orderId }) => orderId);
  const shipmentsOf = Map.groupBy(shipments, ({ orderId }) => orderId);
  return orders.map((order) => {
    const { orderId } = order;
    return { order, books: { payments: paymentsOf.get(orderId) ?? [], shipments: shipmentsOf.get(orderId) ?? [] } };
  });
}

/** Entries about orders that the platform does not have. */
export function ofNobody<Entry extends { readonly orderId: string }>(
  entries: readonly Entry[],
  { orders }: Evidence,
): readonly Entry[] {
  const known = new Set(orders.map(({ orderId }) => orderId));
  return entries.filter(({ orderId }) => !known.has(orderId));
}

/** A person has settled something outside of the platform: how that ended, the books do not know. */
export function isSettledExternally({ failureCode }: OrderAtEnd): boolean {
  return failureCode === 'settled-externally';
}

export function isOver({ status }: OrderAtEnd): boolean {
  return status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELLED';
}

/** Captured and not refunded, in the order's own currency. */
export function netOf({ order, books }: OrderWithBooks): number {
  return sum(ownPayments(order, books), ({ captured, refunded }) => captured - refunded);
}

export function ownPayments({ currency }: OrderAtEnd, { payments }: Books): readonly LedgerPayment[] {
  return payments.filter((payment) => payment.currency === currency);
}

export function sum<Item>(items: readonly Item[], amountOf: (item: Item) => number): number {
  return items.reduce((total, item) => total + amountOf(item), 0);
}
