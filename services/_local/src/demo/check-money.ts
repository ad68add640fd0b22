/** An answer with 2xx: from then on the order may not be lost. One user places one order, with one key. */
export type Acknowledged = { readonly userId: string; readonly orderId: string };

/** An order as the platform shows it when everything is quiet. Amounts are minor units. */
export type OrderAtEnd = {
  readonly orderId: string;
  readonly userId: string;
  readonly status: 'CREATED' | 'PAID' | 'SHIPPED' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
  readonly currency: string;
  readonly total: number;
  readonly failureCode: string | undefined;
  /** Whom its saga waits for; an order at its end waits for nobody. */
  readonly waitsFor: 'operator' | 'reviewer' | undefined;
};

/** The payment provider's own books: minor units, cumulative, never lowered. */
export type LedgerPayment = {
  readonly orderId: string;
  readonly currency: string;
  readonly authorized: number;
  readonly captured: number;
  readonly refunded: number;
  readonly voided: number;
};

/** The carrier's own books. */
export type LedgerShipment = {
  readonly orderId: string;
  readonly state: 'BOOKED' | 'DISPATCHED' | 'DELIVERED' | 'CANCELLED' | 'LOST' | 'REJECTED';
};

/** All that the world can see of a run: the answers that clients got, the orders, and the providers' books. */
export type Evidence = {
  readonly acknowledged: readonly Acknowledged[];
  readonly orders: readonly OrderAtEnd[];
  readonly payments: readonly LedgerPayment[];
  readonly shipments: readonly LedgerShipment[];
};

export type FindingCode =
  | 'order-missing'
  | 'key-placed-twice'
  | 'not-at-its-end'
  | 'net-differs'
  | 'authorization-left'
  | 'shipment-left'
  | 'not-delivered-once';

export type Finding = { readonly code: FindingCode; readonly orderId: string; readonly detail: string };

/** The books of one currency beside what the orders' states demand of them. */
export type CurrencyLine = {
  readonly currency: string;
  readonly captured: number;
  readonly refunded: number;
  /** captured - refunded */
  readonly net: number;
  /** The totals of the completed orders. */
  readonly demanded: number;
  /** The net of orders whose outcome a person decides. */
  readonly undecided: number;
};

export type MoneyVerdict = {
  /** Empty when the books say what the orders say. */
  readonly findings: readonly Finding[];
  readonly currencies: readonly CurrencyLine[];
  /** Orders that wait for an operator. */
  readonly needsOperator: readonly string[];
  readonly inReview: readonly string[];
  /** Settled by a person outside of the platform: the books cannot say anything about them. */
  readonly settledExternally: readonly string[];
};

/**
 * Holds the orders against the providers' own books, to the cent. Pure: it knows only what it is given.
 *
 * - Every acknowledged order exists, and no user has two.
 * - COMPLETED: captured - refunded is the total, in the order's currency; no authorisation is left; exactly one parcel
 *   was delivered and no other is on its way.
 * - FAILED, CANCELLED: captured - refunded is 0, no authorisation is left, no parcel is on its way.
 * - Waiting for a person: captured - refunded is between 0 and the total.
 * - Anything else is not at its end.
 */
export function checkMoney({ acknowledged, orders, payments, shipments }: Evidence): MoneyVerdict {
  const paymentsOf = Map.groupBy(payments, ({ orderId }) => orderId);
  const shipmentsOf = Map.groupBy(shipments, ({ orderId }) => orderId);
  const booksOf = ({ orderId }: OrderAtEnd): Books => ({
    payments: paymentsOf.get(orderId) ?? [],
    shipments: shipmentsOf.get(orderId) ?? [],
  });
  const ids = (select: (order: OrderAtEnd) => boolean) => orders.filter(select).map(({ orderId }) => orderId);
  return {
    findings: [
      ...missing(acknowledged, orders),
      ...placedTwice(acknowledged, orders),
      ...orders.flatMap((order) => checkOrder(order, booksOf(order))),
    ],
    currencies: currencyLines(orders, booksOf),
    needsOperator: ids(({ waitsFor }) => waitsFor === 'operator'),
    inReview: ids(({ waitsFor }) => waitsFor === 'reviewer'),
    settledExternally: ids(isSettledExternally),
  };
}

type Books = { readonly payments: readonly LedgerPayment[]; readonly shipments: readonly LedgerShipment[] };

function missing(acknowledged: readonly Acknowledged[], orders: readonly OrderAtEnd[]): readonly Finding[] {
  const known = new Set(orders.map(({ orderId }) => orderId));
  return acknowledged
    .filter(({ orderId }) => !known.has(orderId))
    .map(({ orderId, userId }) => ({ code: 'order-missing', orderId, detail: `acknowledged to ${userId}` }));
}

function placedTwice(acknowledged: readonly Acknowledged[], orders: readonly OrderAtEnd[]): readonly Finding[] {
  const byUser = Map.groupBy([...acknowledged, ...orders], ({ userId }) => userId);
  return [...byUser].flatMap(([userId, placed]): readonly Finding[] => {
    const [first, ...others] = [...new Set(placed.map(({ orderId }) => orderId))];
    if (first === undefined || others.length === 0) return [];
    return [{ code: 'key-placed-twice', orderId: first, detail: `${userId} also has ${others.join(', ')}` }];
  });
}

function checkOrder(order: OrderAtEnd, books: Books): readonly Finding[] {
  if (isSettledExternally(order)) return [];
  const finding = (code: FindingCode, detail: string): Finding => ({ code, orderId: order.orderId, detail });
  const net = netOf(order, books);
  if (order.waitsFor !== undefined) {
    return net >= 0 && net <= order.total && foreignNet(order, books) === 0
      ? []
      : [finding('net-differs', `waits for an ${order.waitsFor}, ${order.total} in all, and ${net} is taken`)];
  }
  switch (order.status) {
    case 'COMPLETED':
      return [
        ...checkNet(order, books, order.total),
        ...checkAuthorization(order, books),
        ...checkDelivered(order, books),
      ];
    case 'FAILED':
    case 'CANCELLED':
      return [...checkNet(order, books, 0), ...checkAuthorization(order, books), ...checkNothingOnItsWay(order, books)];
    case 'CREATED':
    case 'PAID':
    case 'SHIPPED':
      return [finding('not-at-its-end', `is ${order.status}`)];
    default:
      return order.status satisfies never;
  }
}

function checkNet(order: OrderAtEnd, books: Books, demanded: number): readonly Finding[] {
  const net = netOf(order, books);
  const foreign = foreignNet(order, books);
  if (net === demanded && foreign === 0) return [];
  const other = foreign === 0 ? '' : `, and ${foreign} in other currencies`;
  const detail = `is ${order.status}, which demands ${demanded} ${order.currency}, and ${net} is taken${other}`;
  return [{ code: 'net-differs', orderId: order.orderId, detail }];
}

function checkAuthorization({ orderId, status }: OrderAtEnd, { payments }: Books): readonly Finding[] {
  const live = sum(payments, ({ authorized, captured, voided }) => Math.abs(authorized - captured - voided));
  if (live === 0) return [];
  return [{ code: 'authorization-left', orderId, detail: `is ${status}, and ${live} is still authorised` }];
}

function checkDelivered({ orderId, status }: OrderAtEnd, { shipments }: Books): readonly Finding[] {
  const states = shipments.map(({ state }) => state).filter((state) => state === 'DELIVERED' || isOnItsWay(state));
  if (states.length === 1 && states[0] === 'DELIVERED') return [];
  return [
    { code: 'not-delivered-once', orderId, detail: `is ${status}, with parcels: ${states.join(', ') || 'none'}` },
  ];
}

function checkNothingOnItsWay({ orderId, status }: OrderAtEnd, { shipments }: Books): readonly Finding[] {
  const states = shipments.map(({ state }) => state).filter(isOnItsWay);
  if (states.length === 0) return [];
  return [{ code: 'shipment-left', orderId, detail: `is ${status}, with a parcel ${states.join(', ')}` }];
}

function isOnItsWay(state: LedgerShipment['state']): boolean {
  return state === 'BOOKED' || state === 'DISPATCHED';
}

function isSettledExternally({ failureCode }: OrderAtEnd): boolean {
  return failureCode === 'settled-externally';
}

/** In the order's own currency. */
function netOf({ currency }: OrderAtEnd, { payments }: Books): number {
  return sum(payments, (payment) => (payment.currency === currency ? payment.captured - payment.refunded : 0));
}

/** The sum of what is wrong in any other currency: never negative, so that two faults do not cancel out. */
function foreignNet({ currency }: OrderAtEnd, { payments }: Books): number {
  return sum(payments, (payment) =>
    payment.currency === currency ? 0 : Math.abs(payment.captured - payment.refunded),
  );
}

function currencyLines(orders: readonly OrderAtEnd[], booksOf: (order: OrderAtEnd) => Books): readonly CurrencyLine[] {
  const counted = orders.filter((order) => !isSettledExternally(order));
  return [...Map.groupBy(counted, ({ currency }) => currency)]
    .map(([currency, members]) => {
      const payments = members
        .flatMap((order) => booksOf(order).payments)
        .filter((payment) => payment.currency === currency);
      const captured = sum(payments, (payment) => payment.captured);
      const refunded = sum(payments, (payment) => payment.refunded);
      const demanded = sum(members, ({ status, total }) => (status === 'COMPLETED' ? total : 0));
      const undecided = sum(members, (order) => (order.waitsFor === undefined ? 0 : netOf(order, booksOf(order))));
      return { currency, captured, refunded, net: captured - refunded, demanded, undecided };
    })
    .toSorted((left, right) => (left.currency < right.currency ? -1 : 1));
}

function sum<Item>(items: readonly Item[], amountOf: (item: Item) => number): number {
  return items.reduce((total, item) => total + amountOf(item), 0);
}
