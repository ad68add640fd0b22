import { z } from 'zod';
import type { LedgerPayment, LedgerShipment } from './check-money.ts';
import type { PlatformClient } from './platform-client.ts';

const OrderSchema = z.object({
  id: z.string(),
  userId: z.string(),
  status: z.enum(['CREATED', 'PAID', 'SHIPPED', 'COMPLETED', 'FAILED', 'CANCELLED']),
  currency: z.string(),
  total: z.int(),
  failure: z.object({ code: z.string() }).optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export type ListedOrder = z.infer<typeof OrderSchema>;

const amount = z.int();
const PaymentSchema: z.ZodType<LedgerPayment> = z.object({
  orderId: z.string(),
  currency: z.string(),
  authorized: amount,
  captured: amount,
  refunded: amount,
  voided: amount,
});
const ShipmentSchema: z.ZodType<LedgerShipment> = z.object({
  orderId: z.string(),
  state: z.enum(['BOOKED', 'DISPATCHED', 'DELIVERED', 'CANCELLED', 'LOST', 'REJECTED']),
});

const nextCursor = z.string().nullable();
const OrdersPage = z.object({ items: z.array(OrderSchema), nextCursor });
const NamesPage = z.object({ items: z.array(z.object({ orderId: z.string() })), nextCursor });
const LedgerPage = z.object({ payments: z.array(PaymentSchema), shipments: z.array(ShipmentSchema), nextCursor });

const pageSize = 100;
const ledgerPageSize = 1_000;

/** Orders that began at this instant or later, the newest first; `status` picks those of one state. */
export async function* listOrders(
  client: PlatformClient,
  options: { readonly since: string; readonly status?: 'CREATED' | 'PAID' | 'SHIPPED' },
): AsyncGenerator<ListedOrder> {
  const { since, status } = options;
  const path = `/v1/orders?limit=${pageSize}${status === undefined ? '' : `&status=${status}`}`;
  for await (const { items } of pagesOf(client, path, OrdersPage)) {
    for (const order of items) {
      if (order.createdAt < since) return;
      yield order;
    }
  }
}

/** Orders whose saga waits for a person: an operator, or a reviewer. */
export async function listWaiting(client: PlatformClient, whom: 'operator' | 'reviewer'): Promise<ReadonlySet<string>> {
  const path =
    whom === 'operator' ? `/v1/sagas?state=NEEDS_OPERATOR&limit=${pageSize}` : `/v1/reviews?limit=${pageSize}`;
  const orderIds = new Set<string>();
  for await (const { items } of pagesOf(client, path, NamesPage)) {
    for (const { orderId } of items) orderIds.add(orderId);
  }
  return orderIds;
}

/** The books of the sandbox's providers, all of them. */
export async function readLedger(
  client: PlatformClient,
): Promise<{ readonly payments: readonly LedgerPayment[]; readonly shipments: readonly LedgerShipment[] }> {
  const payments: LedgerPayment[] = [];
  const shipments: LedgerShipment[] = [];
  for await (const page of pagesOf(client, `/sandbox/ledger?limit=${ledgerPageSize}`, LedgerPage)) {
    payments.push(...page.payments);
    shipments.push(...page.shipments);
  }
  return { payments, shipments };
}

async function* pagesOf<Page extends { readonly nextCursor: string | null }>(
  client: PlatformClient,
  path: string,
  schema: z.ZodType<Page>,
): AsyncGenerator<Page> {
  for (let cursor: string | null = ''; cursor !== null;) {
    const { status, body } = await client.send('GET', cursor === '' ? path : `${path}&cursor=${cursor}`);
    const page = schema.safeParse(body);
    if (status !== 200 || !page.success) throw new Error(`GET ${path} was answered with ${status} and no list`);
    yield page.data;
    cursor = page.data.nextCursor;
  }
}
