import { z } from '@hono/zod-openapi';
import {
  type ApiApp,
  cursorParameter,
  defineRoute,
  encodeCursor,
  forbid,
  integerParameter,
  orderIdParameter,
} from '@checkout/http';
import { parseInstant } from '@checkout/kernel';
import type { OrderReads } from '../../../application/read-orders.ts';
import { ownerOf, reaches } from './reach.ts';
import { OrderSchema, orderStatuses } from './schemas.ts';

const instantParameter = z
  .string()
  .transform((text, context) => {
    const unixMs = parseInstant(text);
    if (unixMs !== undefined) return unixMs;
    context.addIssue({ code: 'custom', message: 'expected an ISO 8601 instant with a zone' });
    return z.NEVER;
  })
  .optional()
  .openapi({ type: 'string', format: 'date-time' });

const CursorSchema = z.strictObject({ before: orderIdParameter });

const route = defineRoute({
  method: 'get',
  path: '/v1/orders',
  operationId: 'listOrders',
  tags: ['orders'],
  summary: 'List orders, the newest first',
  description:
    'One’s own, whether or not `userId` says so. Those of another user, or of all, are for operators: others get 403, whether ' +
    'or not there is such a user.',
  access: 'orders:read',
  query: z.strictObject({
    userId: z.string().min(1).max(128).optional(),
    status: z.enum(orderStatuses).optional(),
    createdAfter: instantParameter,
    limit: integerParameter({ min: 1, max: 100, default: 20 }),
    cursor: cursorParameter(CursorSchema),
  }),
  responses: {
    200: {
      description: 'A page; `nextCursor` is null on the last one.',
      schema: z.object({ items: z.array(OrderSchema).readonly(), nextCursor: z.string().nullable() }),
    },
  },
  problems: [],
});

export function mountListOrders(app: ApiApp, reads: OrderReads): void {
  app.openapi(route, async (c) => {
    const { cursor, limit, userId = ownerOf(c), ...filter } = c.req.valid('query');
    if (!reaches(c, userId)) return forbid(c, ['ops']);
    const orders = await reads.orders({ ...filter, userId, beforeId: cursor?.before, limit: limit + 1 });
    const items = orders.slice(0, limit);
    const last = orders.length > limit ? items.at(-1) : undefined;
    return c.json({ items: items, nextCursor: last ? encodeCursor({ before: last.id }) : null }, 200);
  });
}
