import { z } from '@hono/zod-openapi';
import { type ApiApp, defineRoute, orderIdParameter, problem, requestOf } from '@checkout/http';
import type { CancelOrderUseCase } from '../../../application/cancel-order.ts';
import { ownerOf } from './reach.ts';
import { OrderSchema } from './schemas.ts';

const route = defineRoute({
  method: 'post',
  path: '/v1/orders/{id}/cancel',
  operationId: 'cancelOrder',
  tags: ['orders'],
  summary: 'Ask to cancel an order',
  access: 'orders:write',
  description:
    'Records the wish. It is granted while the payment is not captured; follow `cancellation` and `status` of the order. ' +
    'Asking again changes nothing.',
  params: z.object({ id: orderIdParameter }),
  responses: { 202: { description: 'Recorded.', schema: OrderSchema } },
  problems: ['order-not-found', 'order-not-cancellable', 'overloaded'],
});

export function mountCancelOrder(app: ApiApp, cancelOrder: CancelOrderUseCase): void {
  app.openapi(route, async (c) => {
    const { id: requestId, traceparent } = requestOf(c);
    const orderId = c.req.valid('param').id;
    const cancelled = await cancelOrder({ orderId, owner: ownerOf(c), requestId, traceparent });
    if (!cancelled.ok) return problem(c, cancelled.error);
    return c.json(cancelled.value, 202);
  });
}
