import { isOver } from '../books.ts';
import type { Evidence, OrderAtEnd, SagaAtEnd } from '../evidence.ts';
import type { Violation } from '../violation.ts';

/**
 * I4: every order, acknowledged or not, is over or visibly waits for a person, and so does its saga; nobody is asked about an
 * order that is over; and who wanted to cancel one that was completed has been told that it was too late. When that has to be so is for the driver of the run: it reads when the time is up.
 */
export function everythingAtItsEnd({ orders, sagas }: Evidence): readonly Violation[] {
  const sagaOf = sagas && new Map(sagas.map((saga) => [saga.orderId, saga]));
  return orders.flatMap((order) => {
    const found = checkOrder(order);
    return found.length > 0 || sagaOf === undefined ? found : checkSaga(order, sagaOf.get(order.orderId));
  });
}

function checkOrder(order: OrderAtEnd): readonly Violation[] {
  const { orderId, status, waitsFor, cancellation } = order;
  if (status === 'COMPLETED' && cancellation === 'requested') {
    const detail = 'is COMPLETED, and who wanted to cancel it has no answer';
    return [{ invariant: 'I4', code: 'cancellation-unanswered', orderId, detail }];
  }
  if (isOver(order) === (waitsFor === undefined)) return [];
  return waitsFor === undefined
    ? [{ invariant: 'I4', code: 'not-at-its-end', orderId, detail: `is ${status}, and waits for nobody` }]
    : [
        {
          invariant: 'I4',
          code: 'still-asked-about',
          orderId,
          detail: `is ${status}, and on the list of the ${waitsFor}`,
        },
      ];
}

function checkSaga(order: OrderAtEnd, saga: SagaAtEnd | undefined): readonly Violation[] {
  const { orderId, status } = order;
  if (saga === undefined)
    return [{ invariant: 'I4', code: 'saga-missing', orderId, detail: `is ${status} without one` }];
  if (isAtRest(order, saga)) return [];
  return [{ invariant: 'I4', code: 'saga-not-at-its-end', orderId, detail: `is ${status}, its saga is ${saga.state}` }];
}

function isAtRest(order: OrderAtEnd, { state }: SagaAtEnd): boolean {
  if (isOver(order)) return state === 'COMPLETED' || state === 'COMPENSATED';
  return state === (order.waitsFor === 'reviewer' ? 'WAITING_REVIEW' : 'NEEDS_OPERATOR');
}
