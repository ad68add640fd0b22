import { z } from 'zod';
import type { OrderStatus, SagaAtEnd } from './evidence.ts';

/** Asks the platform, wherever it runs: with `GET`, and until there is an answer. */
export type Get = (path: string, options?: GetOptions) => Promise<{ readonly status: number; readonly body: unknown }>;

/** `timeoutMs`: how long one try may take, where it takes longer than an answer usually does. */
export type GetOptions = { readonly timeoutMs?: number };

const OrderSchema = z.object({
  id: z.string(),
  userId: z.string(),
  status: z.enum(['CREATED', 'PAID', 'SHIPPED', 'COMPLETED', 'FAILED', 'CANCELLED']),
  currency: z.string(),
  total: z.int(),
  cancellation: z.enum(['none', 'requested', 'refused']),
  failure: z.object({ code: z.string() }).optional(),
  version: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export type ListedOrder = z.infer<typeof OrderSchema>;

const SagaSchema: z.ZodType<SagaAtEnd> = z.object({
  orderId: z.string(),
  state: z.enum(['RUNNING', 'WAITING_REVIEW', 'COMPENSATING', 'COMPLETED', 'COMPENSATED', 'NEEDS_OPERATOR']),
  steps: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['PENDING', 'RUNNING', 'DONE', 'REFUSED', 'UNDOING', 'UNDONE', 'FAILED']),
    }),
  ),
});

const nextCursor = z.string().nullable();
const OrdersPage = z.object({ items: z.array(OrderSchema), nextCursor });
const SagasPage = z.object({ items: z.array(SagaSchema), nextCursor });
const NamesPage = z.object({ items: z.array(z.object({ orderId: z.string() })), nextCursor });

/** What the services give at most. */
export const pageSize = 100;

/**
 * Orders, the newest first. `since`: those that began at this instant or later, as the services write instants. `status`:
 * those of one state.
 *
 * @throws Error when the answer is no list of orders
 */
export async function* listOrders(
  get: Get,
  options: { readonly since?: string | undefined; readonly status?: OrderStatus } = {},
): AsyncGenerator<ListedOrder> {
  const { since = '', status } = options;
  const path = `/v1/orders?limit=${pageSize}${status === undefined ? '' : `&status=${status}`}`;
  for await (const { items } of pagesOf(get, path, OrdersPage)) {
    for (const order of items) {
      if (order.createdAt < since) return;
      yield order;
    }
  }
}

/** Sagas, the newest first; `state` picks those of one state. */
export async function listSagas(get: Get, state?: SagaAtEnd['state']): Promise<readonly SagaAtEnd[]> {
  const path = `/v1/sagas?limit=${pageSize}${state === undefined ? '' : `&state=${state}`}`;
  const sagas: SagaAtEnd[] = [];
  for await (const { items } of pagesOf(get, path, SagasPage)) sagas.push(...items);
  return sagas;
}

/** Orders that stand in somebody's list of work. */
export async function listWaiting(get: Get, whom: 'operator' | 'reviewer'): Promise<ReadonlySet<string>> {
  if (whom === 'operator') return new Set((await listSagas(get, 'NEEDS_OPERATOR')).map(({ orderId }) => orderId));
  const orderIds = new Set<string>();
  for await (const { items } of pagesOf(get, `/v1/reviews?limit=${pageSize}`, NamesPage)) {
    for (const { orderId } of items) orderIds.add(orderId);
  }
  return orderIds;
}

/**
 * The pages of a list, to the last. `path` has a query already.
 *
 * @throws Error when an answer is no page of it
 */
export async function* pagesOf<Page extends { readonly nextCursor: string | null }>(
  get: Get,
  path: string,
  schema: z.ZodType<Page>,
): AsyncGenerator<Page> {
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Page = await readAs(get, cursor === '' ? path : `${path}&cursor=${cursor}`, schema);
    yield page;
    cursor = page.nextCursor;
  }
}

/** @throws Error when the answer is not what the schema says: what cannot be read must not pass as nothing found */
export async function readAs<Body>(
  get: Get,
  path: string,
  schema: z.ZodType<Body>,
  options?: GetOptions,
): Promise<Body> {
  const { status, body } = await get(path, options);
  const read = schema.safeParse(body);
  if (status === 200 && read.success) return read.data;
  throw new Error(`GET ${path} was answered with ${status} and not with what was asked for`);
}
