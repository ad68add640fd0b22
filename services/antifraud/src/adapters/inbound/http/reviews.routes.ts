import { z } from '@hono/zod-openapi';
import {
  actorOf,
  type ApiApp,
  cursorParameter,
  defineRoute,
  encodeCursor,
  integerParameter,
  operatorText,
  orderIdParameter,
  problem,
  requestOf,
} from '@checkout/http';
import { domainError } from '@checkout/kernel';
import type { Reviews } from '../../../application/review-order.ts';

const ReviewSchema = z
  .object({
    orderId: z.string().openapi({ format: 'uuid' }),
    status: z.enum(['NONE', 'PENDING', 'CLEARED', 'REJECTED', 'IN_REVIEW', 'WITHDRAWN']),
    reason: z.string().nullable(),
    decidedBy: z.string().nullable().openapi({
      description: 'The person who decided; null when the rules did, and when nobody said who it was.',
    }),
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

const params = z.object({ orderId: orderIdParameter });

const showRoute = defineRoute({
  method: 'get',
  path: '/v1/reviews/{orderId}',
  operationId: 'getReview',
  tags: ['reviews'],
  summary: 'What became of an order’s assessment, and who decided',
  access: 'ops',
  params,
  responses: { 200: { description: 'The assessment.', schema: ReviewSchema } },
  problems: ['review-not-found'],
});

const DecisionBody = z
  .strictObject({
    actor: operatorText('j.doe').optional().openapi({
      description:
        'Who decides. Where callers prove who they are it is the subject of the token, and need not be sent.',
    }),
  })
  .openapi('ReviewDecision');

const decisionRoute = (decision: 'approve' | 'reject') =>
  defineRoute({
    method: 'post',
    path: `/v1/reviews/{orderId}/${decision}`,
    operationId: `${decision}Review`,
    tags: ['reviews'],
    summary: decision === 'approve' ? 'Let an order go on' : 'Refuse an order',
    access: 'ops',
    params,
    body: DecisionBody,
    mayLackBody: true,
    responses: { 200: { description: 'Decided.', schema: ReviewSchema } },
    problems: ['review-not-found', 'review-decided', 'actor-mismatch'],
  });

export function mountReviews(app: ApiApp, reviews: Reviews): void {
  app.openapi(listRoute, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const found = await reviews.waiting({ beforeId: cursor?.before, limit: limit + 1 });
    const items = found.slice(0, limit);
    const last = found.length > limit ? items.at(-1) : undefined;
    return c.json({ items, nextCursor: last ? encodeCursor({ before: last.orderId }) : null }, 200);
  });

  app.openapi(showRoute, async (c) => {
    const found = await reviews.find(c.req.valid('param').orderId);
    if (found !== undefined) return c.json(found, 200);
    return problem(c, domainError('review-not-found', 'There is no review for this order.'));
  });

  for (const decision of ['approve', 'reject'] as const) {
    app.openapi(decisionRoute(decision), async (c) => {
      const { orderId } = c.req.valid('param');
      const { id: requestId, traceparent, caller } = requestOf(c);
      const actor = actorOf(caller, c.req.valid('json').actor);
      if (!actor.ok) return problem(c, actor.error);
      const decided = await reviews.decide({ orderId, decision, actor: actor.value, requestId, traceparent });
      return decided.ok ? c.json(decided.value, 200) : problem(c, decided.error);
    });
  }
}
