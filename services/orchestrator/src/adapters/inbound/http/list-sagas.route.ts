import { z } from '@hono/zod-openapi';
import {
  type ApiApp,
  cursorParameter,
  defineRoute,
  encodeCursor,
  integerParameter,
  orderIdParameter,
} from '@checkout/http';
import type { SagaReads } from '../../../application/read-sagas.ts';
import { sagaStates } from '../../../domain/saga-state.ts';
import { SagaSchema } from './schemas.ts';

const route = defineRoute({
  method: 'get',
  path: '/v1/sagas',
  operationId: 'listSagas',
  tags: ['sagas'],
  summary: 'List sagas, the newest first',
  access: 'ops',
  query: z.strictObject({
    state: z.enum(sagaStates).optional(),
    limit: integerParameter({ min: 1, max: 100, default: 20 }),
    cursor: cursorParameter(z.strictObject({ before: orderIdParameter })),
  }),
  responses: {
    200: {
      description: 'A page; `nextCursor` is null on the last one.',
      schema: z.object({ items: z.array(SagaSchema).readonly(), nextCursor: z.string().nullable() }),
    },
  },
  problems: [],
});

export function mountListSagas(app: ApiApp, reads: SagaReads): void {
  app.openapi(route, async (c) => {
    const { state, cursor, limit } = c.req.valid('query');
    const sagas = await reads.sagas({ state, beforeId: cursor?.before, limit: limit + 1 });
    const items = sagas.slice(0, limit);
    const last = sagas.length > limit ? items.at(-1) : undefined;
    return c.json({ items, nextCursor: last ? encodeCursor({ before: last.orderId }) : null }, 200);
  });
}
