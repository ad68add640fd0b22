import { isSettledExternally, ofNobody, type OrderWithBooks, sum, withBooks } from '../books.ts';
import type { Evidence, LedgerShipment } from '../evidence.ts';
import type { Violation } from '../violation.ts';

/**
 * I7, by the providers' books. Of an order that is over no money is held any more. FAILED, CANCELLED: no parcel is booked or
 * on its way; one that got lost, or arrived after all, is gone. COMPLETED: exactly one parcel was delivered, and no other
 * is on its way. No parcel belongs to nobody.
 */
export function nothingLeft(evidence: Evidence): readonly Violation[] {
  return [
    ...withBooks(evidence)
      .filter(({ order }) => !isSettledExternally(order))
      .flatMap(checkOrder),
    ...ofNobody(evidence.shipments, evidence).map(({ orderId, state }): Violation => ({
      invariant: 'I7',
      code: 'shipment-of-nobody',
      orderId,
      detail: `a parcel is ${state} for an order that does not exist`,
    })),
  ];
}

function checkOrder(each: OrderWithBooks): readonly Violation[] {
  const { status } = each.order;
  switch (status) {
    case 'COMPLETED':
      return [...checkAuthorization(each), ...checkDelivered(each)];
    case 'FAILED':
    case 'CANCELLED':
      return [...checkAuthorization(each), ...checkNothingOnItsWay(each)];
    case 'CREATED':
    case 'PAID':
    case 'SHIPPED':
      return [];
    default:
      return status satisfies never;
  }
}

function checkAuthorization({ order: { orderId, status }, books }: OrderWithBooks): readonly Violation[] {
  const live = sum(books.payments, ({ authorized, captured, voided }) => Math.abs(authorized - captured - voided));
  if (live === 0) return [];
  const detail = `is ${status}, and ${live} is still authorised`;
  return [{ invariant: 'I7', code: 'authorization-left', orderId, detail }];
}

function checkDelivered({ order: { orderId, status }, books }: OrderWithBooks): readonly Violation[] {
  const states = books.shipments
    .map(({ state }) => state)
    .filter((state) => state === 'DELIVERED' || isOnItsWay(state));
  if (states.length === 1 && states[0] === 'DELIVERED') return [];
  const detail = `is ${status}, with parcels: ${states.join(', ') || 'none'}`;
  return [{ invariant: 'I7', code: 'not-delivered-once', orderId, detail }];
}

function checkNothingOnItsWay({ order: { orderId, status }, books }: OrderWithBooks): readonly Violation[] {
  const states = books.shipments.map(({ state }) => state).filter(isOnItsWay);
  if (states.length === 0) return [];
  const detail = `is ${status}, with a parcel ${states.join(', ')}`;
  return [{ invariant: 'I7', code: 'shipment-left', orderId, detail }];
}

function isOnItsWay(state: LedgerShipment['state']): boolean {
  return state === 'BOOKED' || state === 'DISPATCHED';
}
