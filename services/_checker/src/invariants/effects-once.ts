import { type OrderWithBooks, sum, withBooks } from '../books.ts';
import type { DeadLetter, Evidence } from '../evidence.ts';
import type { Violation } from '../violation.ts';

/**
 * I6, as far as it can be seen from outside: money was held once at most, and no message waits behind nothing. That nothing
 * was left unsent shows in I4, that nothing was recorded twice in I5.
 */
export function effectsOnce(evidence: Evidence): readonly Violation[] {
  const lettersOf = Map.groupBy(
    evidence.deadLetters,
    ({ service, group, orderId }) => `${service} ${group} ${orderId}`,
  );
  return [
    ...withBooks(evidence).flatMap(checkHeldOnce),
    ...[...lettersOf.values()].flatMap((letters) => checkFlow(letters)),
  ];
}

/** An order is authorised with one key for its whole total, so that more is a second hold, even if it was voided again. */
function checkHeldOnce({ order, books }: OrderWithBooks): readonly Violation[] {
  const { orderId, total } = order;
  const authorized = sum(books.payments, (payment) => payment.authorized);
  if (authorized <= total) return [];
  return [{ invariant: 'I6', code: 'authorized-twice', orderId, detail: `${authorized} of ${total} was authorised` }];
}

/** The letters of one order in one group: a held one waits behind one that is parked, and redriving takes moments. */
function checkFlow(letters: readonly DeadLetter[]): readonly Violation[] {
  const isBlocked = letters.some(({ state }) => state !== 'held');
  return letters.flatMap(({ group, orderId, messageId, state }): readonly Violation[] => {
    if (state === 'redriving') {
      return [
        { invariant: 'I6', code: 'redrive-left', orderId, detail: `${group} has not handled ${messageId} again` },
      ];
    }
    if (state === 'parked' || isBlocked) return [];
    return [
      { invariant: 'I6', code: 'held-for-nothing', orderId, detail: `${group} holds ${messageId} behind nothing` },
    ];
  });
}
