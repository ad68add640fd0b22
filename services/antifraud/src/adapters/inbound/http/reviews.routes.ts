import { z } from '@hono/zod-openapi';
import {
  type ApiApp,
  cursorParameter,
  defineRoute,
  encodeCursor,
  integerParameter,
  orderIdParameter,
  problem,
  requestOf,
} from '@checkout/http';
import type { Reviews } from '../../../application/review-order.ts';

const ReviewSchema = z
  .object({
    orderId: z.string().openapi({ format: 'uuid' }),
    status: z.enum(['NONE', 'PENDING', 'CLEARED', 'REJECTED', 'IN_REVIEW', 'WITHDRAWN']),
    reason: z.string().nullable(),
    requestedAt: z.string().openapi({ format: 'date-time' }),
  })
  .openapi('Review');

const listRoute = defineRoute({
  method: 'get',
  path: '/v1/reviews',
  operationId: 'listReviews',
  tags: ['reviews'],
  summary: 'List the orders that wait for a person, the newest first',
  access: 'ops',
  query: z.strictObject({
    limit: integerParameter({ min: 1, max: 100, default: 20 }),
    cursor: cursorParameter(z.strictObject({ before: orderIdParameter })),
  }),
  responses: {
    200: {
      description: 'A page; `nextCursor` is null on the last one.',
      schema: z.object({ items: z.array(ReviewSchema).readonly(), nextCursor: z.string().nullable() }),
    },
  },
  problems: [],
});

const decisionRoute = (decision: 'approve' | 'reject') =>
  defineRoute({
    method: 'post',
    path: `/v1/reviews/{orderId}/${decision}`,
    operationId: `${decision}Review`,
    tags: ['reviews'],
    summary: decision === 'approve' ? 'Let an order go on' : 'Refuse an order',
    access: 'ops',
    params: z.object({ orderId: orderIdParameter }),
    responses: { 200: { description: 'Decided.', schema: ReviewSchema } },
    problems: ['review-not-found', 'review-decided'],
  });

export function mountReviews(app: ApiApp, reviews: Reviews): void {
  app.openapi(listRoute, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const found = await reviews.waiting({ beforeId: cursor?.before, limit: limit + 1 });
    const items = found.slice(0, limit);
    const last = found.length > limit ? items.at(-1) : undefined;
    return c.json({ items, nextCursor: last ? encodeCursor({ before: last.orderId }) : null }, 200);
  });

  for (const decision of ['approve', 'reject'] as const) {
    app.openapi(decisionRoute(decision), async (c) => {
      const { orderId } = c.req.valid('param');
      const { id: requestId, traceparent } = requestOf(c);
      const decided = await reviews.decide({ orderId, decision, requestId, traceparent });
      return decided.ok ? c.json(decided.value, 200) : problem(c, decided.error);
    });
  }
}
