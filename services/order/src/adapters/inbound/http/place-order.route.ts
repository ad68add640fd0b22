import {
  type ApiApp,
  defineRoute,
  idempotencyKeyHeader,
  idempotencyKeyProblems,
  problem,
  readIdempotencyKey,
  requestOf,
} from '@checkout/http';
import type { PlaceOrderUseCase } from '../../../application/place-order.ts';
import { OrderSchema, PlaceOrderBody } from './schemas.ts';

const route = defineRoute({
  method: 'post',
  path: '/v1/orders',
  operationId: 'placeOrder',
  tags: ['orders'],
  summary: 'Place an order',
  access: ['orders:write', 'orders:place-for'],
  description:
    'A 201 means that the order is durable and will be carried to an end, or undone. Repeat a request that got no answer ' +
    'with the same `Idempotency-Key`: it never places a second order. A new key is a new order, which is paid for on its own. ' +
    'The prices are taken as they are sent, so the caller has to be trusted with them: `orders:place-for`.',
  headers: idempotencyKeyHeader,
  body: PlaceOrderBody,
  responses: {
    201: {
      description: 'Accepted.',
      schema: OrderSchema,
      headers: { Location: 'The order’s address.', 'Idempotent-Replayed': '`true` when the key had been used before.' },
    },
  },
  problems: [...idempotencyKeyProblems, 'idempotency-key-reused', 'request-in-progress', 'price-changed', 'overloaded'],
});

export function mountPlaceOrder(app: ApiApp, placeOrder: PlaceOrderUseCase): void {
  app.openapi(route, async (c) => {
    const key = readIdempotencyKey(c);
    if (!key.ok) return problem(c, key.error);
    const { id: requestId, traceparent, caller } = requestOf(c);
    const placed = await placeOrder({
      placement: c.req.valid('json'),
      caller: caller.subject ?? 'anonymous',
      idempotencyKey: key.value,
      requestId,
      traceparent,
    });
    if (!placed.ok) return problem(c, placed.error);
    const { order, replayed } = placed.value;
    c.header('Location', `/v1/orders/${order.id}`);
    if (replayed) c.header('Idempotent-Replayed', 'true');
    return c.json(order, 201);
  });
}
