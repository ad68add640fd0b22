import type { Evidence } from '../evidence.ts';
import type { Violation } from '../violation.ts';

/** I1: every acknowledged order exists, and belongs to whom it was acknowledged to. */
export function noOrderLost({ acknowledged, orders }: Evidence): readonly Violation[] {
  const ownerOf = new Map(orders.map(({ orderId, userId }) => [orderId, userId]));
  return acknowledged.flatMap(({ orderId, userId }): readonly Violation[] => {
    const owner = ownerOf.get(orderId);
    if (owner === userId) return [];
    return owner === undefined
      ? [{ invariant: 'I1', code: 'order-missing', orderId, detail: `acknowledged to ${userId}` }]
      : [{ invariant: 'I1', code: 'owner-differs', orderId, detail: `acknowledged to ${userId}, and is of ${owner}` }];
  });
}
