import { z } from '@hono/zod-openapi';
import { type ApiApp, defineRoute, orderIdParameter, problem } from '@checkout/http';
import { domainError } from '@checkout/kernel';
import type { OrderReads } from '../../../application/read-orders.ts';
import { reaches } from './reach.ts';
import { OrderSchema } from './schemas.ts';

const route = defineRoute({
  method: 'get',
  path: '/v1/orders/{id}',
  operationId: 'getOrder',
  tags: ['orders'],
  summary: 'Look at an order',
  access: 'orders:read',
  params: z.object({ id: orderIdParameter }),
  headers: { 'If-None-Match': { description: 'An `ETag` seen before.', required: false } },
  responses: {
    200: { description: 'The order.', schema: OrderSchema, headers: { ETag: 'Changes with the version.' } },
    304: { description: 'It is still the version that the client has.' },
  },
  problems: ['order-not-found'],
});

export function mountGetOrder(app: ApiApp, reads: OrderReads): void {
  app.openapi(route, async (c) => {
    const order = await reads.order(c.req.valid('param').id);
    if (order === undefined || !reaches(c, order.userId)) {
      return problem(c, domainError('order-not-found', 'There is no such order.'));
    }
    const etag = `"${order.version}"`;
    c.header('ETag', etag);
    if (c.req.header('if-none-match') === etag) return c.body(null, 304);
    return c.json(order, 200);
  });
}
