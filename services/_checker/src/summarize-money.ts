import { isSettledExternally, netOf, ownPayments, sum, withBooks } from './books.ts';
import type { Evidence, OrderAtEnd } from './evidence.ts';

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

export type MoneySummary = {
  /** By the name of the currency. */
  readonly currencies: readonly CurrencyLine[];
  /** Orders that wait for an operator. */
  readonly needsOperator: readonly string[];
  readonly inReview: readonly string[];
  /** Settled by a person outside of the platform: the books cannot say anything about them, and they are in no line. */
  readonly settledExternally: readonly string[];
};

/** Adds up a run for people. It finds nothing: that the sums agree does not say that the orders do. */
export function summarizeMoney(evidence: Evidence): MoneySummary {
  const ids = (select: (order: OrderAtEnd) => boolean) => evidence.orders.filter(select).map(({ orderId }) => orderId);
  return {
    currencies: currencyLines(evidence),
    needsOperator: ids(({ waitsFor }) => waitsFor === 'operator'),
    inReview: ids(({ waitsFor }) => waitsFor === 'reviewer'),
    settledExternally: ids(isSettledExternally),
  };
}

function currencyLines(evidence: Evidence): readonly CurrencyLine[] {
  const inBooks = withBooks(evidence).filter(({ order }) => !isSettledExternally(order));
  return [...Map.groupBy(inBooks, ({ order }) => order.currency)]
    .map(([currency, members]) => {
      const payments = members.flatMap(({ order, books }) => ownPayments(order, books));
      const captured = sum(payments, (payment) => payment.captured);
      const refunded = sum(payments, (payment) => payment.refunded);
      const demanded = sum(members, ({ order }) => (order.status === 'COMPLETED' ? order.total : 0));
      const undecided = sum(members, (each) => (each.order.waitsFor === undefined ? 0 : netOf(each)));
      return { currency, captured, refunded, net: captured - refunded, demanded, undecided };
    })
    .toSorted((left, right) => (left.currency < right.currency ? -1 : 1));
}
