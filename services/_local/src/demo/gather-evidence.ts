import { type Evidence, type OrderAtEnd } from './check-money.ts';
import { isOfRun } from './order-mix.ts';
import type { PlacedOrder } from './place-orders.ts';
import { type ListedOrder, listOrders, listWaiting, readLedger } from './platform-lists.ts';
import type { PlatformClient } from './platform-client.ts';

export type Gathered = {
  readonly evidence: Evidence;
  /** From the order's first event to its last, by the platform's clock, milliseconds; of the completed orders. */
  readonly completionMs: readonly number[];
};

/** Reads what the platform and the providers say in the end, of the run's orders and no others. */
export async function gatherEvidence(options: {
  readonly client: PlatformClient;
  readonly runId: string;
  readonly since: string;
  readonly placed: readonly PlacedOrder[];
}): Promise<Gathered> {
  const { client, runId, since, placed } = options;
  const [operators, reviewers] = [await listWaiting(client, 'operator'), await listWaiting(client, 'reviewer')];
  const waitsFor = ({ id, status }: ListedOrder): OrderAtEnd['waitsFor'] => {
    if (isTerminal(status)) return undefined;
    return operators.has(id) ? 'operator' : reviewers.has(id) ? 'reviewer' : undefined;
  };
  const orders: OrderAtEnd[] = [];
  const completionMs: number[] = [];
  for await (const order of listOrders(client, { since })) {
    if (!isOfRun(order.userId, runId)) continue;
    const { id: orderId, userId, status, currency, total, failure } = order;
    orders.push({ orderId, userId, status, currency, total, failureCode: failure?.code, waitsFor: waitsFor(order) });
    if (status === 'COMPLETED') completionMs.push(Date.parse(order.updatedAt) - Date.parse(order.createdAt));
  }
  const acknowledged = placed.map(({ plan, orderId }) => ({ userId: plan.userId, orderId }));
  const ours = new Set(orders.map(({ orderId }) => orderId));
  const { payments, shipments } = await readLedger(client);
  return {
    evidence: {
      acknowledged,
      orders,
      payments: payments.filter(({ orderId }) => ours.has(orderId)),
      shipments: shipments.filter(({ orderId }) => ours.has(orderId)),
    },
    completionMs,
  };
}

function isTerminal(status: OrderAtEnd['status']): boolean {
  return status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELLED';
}
