import type { Evidence } from '../evidence.ts';
import type { Violation } from '../violation.ts';

/**
 * I8: every dead letter names its order, which exists. Whether redriving brings that order to its end is for the driver of
 * the run to try before it reads; an order that was held up by a letter for good is found by I4.
 */
export function namedDeadLetters({ orders, deadLetters }: Evidence): readonly Violation[] {
  const known = new Set(orders.map(({ orderId }) => orderId));
  return deadLetters.flatMap(({ service, orderId, messageId, reason }): readonly Violation[] => {
    const letter = `${service} has parked ${messageId} (${reason})`;
    if (orderId === null) return [{ invariant: 'I8', code: 'letter-without-order', orderId, detail: letter }];
    return known.has(orderId) ? [] : [{ invariant: 'I8', code: 'letter-of-nobody', orderId, detail: letter }];
  });
}
