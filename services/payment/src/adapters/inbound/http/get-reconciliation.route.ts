import { z } from '@hono/zod-openapi';
import { type ApiApp, defineRoute } from '@checkout/http';
import { toInstant } from '@checkout/kernel';
import type { Reconciliation } from '../../../application/reconcile.ts';

const PositionSchema = z.object({ currency: z.string().nullable(), live: z.int(), net: z.int() });

const route = defineRoute({
  method: 'get',
  path: '/v1/reconciliation',
  operationId: 'getReconciliation',
  tags: ['payments'],
  summary: 'Where our ledger and the provider’s differ',
  access: 'ops',
  description:
    'Every payment that has come to rest is held against the provider’s books within a minute. `live` is what is held, ' +
    '`net` what was taken, in minor units.',
  responses: {
    200: {
      description: 'The last round’s findings; no difference is a good answer.',
      schema: z.object({
        checkedAt: z.string().nullable().openapi({ format: 'date-time' }),
        checked: z.int(),
        differences: z
          .array(z.object({ orderId: z.string(), ours: PositionSchema, theirs: PositionSchema }))
          .readonly(),
      }),
    },
  },
  problems: [],
});

export function mountGetReconciliation(app: ApiApp, reconciliation: Reconciliation): void {
  app.openapi(route, (c) => {
    const { checkedAt, checked, differences } = reconciliation.report();
    return c.json({ checkedAt: checkedAt === null ? null : toInstant(checkedAt), checked, differences }, 200);
  });
}
