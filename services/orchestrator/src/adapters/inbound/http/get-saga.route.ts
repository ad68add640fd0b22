import { z } from '@hono/zod-openapi';
import { type ApiApp, defineRoute, orderIdParameter, problem } from '@checkout/http';
import { domainError } from '@checkout/kernel';
import type { SagaReads } from '../../../application/read-sagas.ts';
import { SagaSchema } from './schemas.ts';

const route = defineRoute({
  method: 'get',
  path: '/v1/sagas/{orderId}',
  operationId: 'getSaga',
  tags: ['sagas'],
  summary: 'Where an order’s checkout stands',
  access: 'ops',
  params: z.object({ orderId: orderIdParameter }),
  responses: { 200: { description: 'The saga.', schema: SagaSchema } },
  problems: ['saga-not-found'],
});

export function mountGetSaga(app: ApiApp, reads: SagaReads): void {
  app.openapi(route, async (c) => {
    const saga = await reads.saga(c.req.valid('param').orderId);
    if (saga === undefined) return problem(c, domainError('saga-not-found', 'There is no saga for this order.'));
    return c.json(saga, 200);
  });
}
