import { isSettledExternally, netOf, ofNobody, type OrderWithBooks, ownPayments, sum, withBooks } from '../books.ts';
import type { Evidence } from '../evidence.ts';
import type { Violation } from '../violation.ts';

/**
 * I3, by the payment provider's books, to the cent: what was captured and not refunded is the total of a COMPLETED order,
 * nothing for a FAILED or CANCELLED one, and between both for one that waits for a person. Never is more captured than the
 * total, in another currency, or for nobody's order; never is more refunded than captured.
 */
export function moneyAdmitted(evidence: Evidence): readonly Violation[] {
  return [
    ...withBooks(evidence).flatMap((each) => [...checkNet(each), ...checkBounds(each)]),
    ...ofNobody(evidence.payments, evidence).map(({ orderId, currency, authorized, captured }): Violation => ({
      invariant: 'I3',
      code: 'payment-of-nobody',
      orderId,
      detail: `${authorized} ${currency} authorised and ${captured} captured for an order that does not exist`,
    })),
  ];
}

function checkNet(each: OrderWithBooks): readonly Violation[] {
  const { order } = each;
  const { orderId, status, currency, total, waitsFor } = order;
  const net = netOf(each);
  const foreign = foreignTurnover(each);
  const demanded = demandedNet(each);
  if (demanded === undefined || (net >= demanded.min && net <= demanded.max && foreign === 0)) return [];
  const demand =
    demanded.min === demanded.max
      ? `is ${status}, which demands ${demanded.max} ${currency}`
      : `waits for ${waitsFor === 'operator' ? 'an operator' : 'a reviewer'}, ${total} ${currency} in all`;
  const other = foreign === 0 ? '' : `, and ${foreign} in other currencies`;
  return [{ invariant: 'I3', code: 'net-differs', orderId, detail: `${demand}, and ${net} is taken${other}` }];
}

/** An order that is on its way demands nothing yet; one that was settled outside demands nothing of the books. */
function demandedNet({ order }: OrderWithBooks): { readonly min: number; readonly max: number } | undefined {
  const { status, total, waitsFor } = order;
  if (isSettledExternally(order)) return undefined;
  switch (status) {
    case 'COMPLETED':
      return { min: total, max: total };
    case 'FAILED':
    case 'CANCELLED':
      return { min: 0, max: 0 };
    case 'CREATED':
    case 'PAID':
    case 'SHIPPED':
      return waitsFor === undefined ? undefined : { min: 0, max: total };
    default:
      return status satisfies never;
  }
}

function checkBounds({ order, books }: OrderWithBooks): readonly Violation[] {
  const { orderId, total, currency } = order;
  const violation = (code: string, detail: string): Violation => ({ invariant: 'I3', code, orderId, detail });
  const captured = sum(ownPayments(order, books), (payment) => payment.captured);
  const overdrawn = books.payments.filter((payment) => payment.refunded > payment.captured);
  return [
    ...(captured > total ? [violation('captured-too-much', `${captured} ${currency} of ${total} was captured`)] : []),
    ...overdrawn.map((payment) =>
      violation('refunded-too-much', `${payment.refunded} ${payment.currency} of ${payment.captured} was refunded`),
    ),
  ];
}

/** What was moved in any other currency, also when it was given back: a customer has seen it. */
function foreignTurnover({ order, books }: OrderWithBooks): number {
  const foreign = books.payments.filter(({ currency }) => currency !== order.currency);
  return sum(foreign, ({ captured, refunded }) => Math.max(captured, refunded));
}
