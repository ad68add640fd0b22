import { z } from '@hono/zod-openapi';
import { type ApiApp, checkWebhook, defineRoute, problem, webhookHeaders, webhookProblems } from '@checkout/http';
import { type Clock, domainError, isOrderId } from '@checkout/kernel';
import type { Shipments } from '../../../application/shipments.ts';

/** Unknown fields are the carrier's right. */
const CarrierWebhook = z.object({
  type: z.string(),
  reference: z.string().refine(isOrderId),
});

const route = defineRoute({
  method: 'post',
  path: '/v1/webhooks/carrier',
  operationId: 'receiveCarrierWebhook',
  tags: ['webhooks'],
  summary: 'The carrier says that something happened',
  access: 'public',
  description:
    'A hint: the carrier is asked before anything is recorded, so a repeated, late or reordered webhook does no harm.',
  headers: webhookHeaders,
  body: z.record(z.string(), z.unknown()).openapi({ description: 'At least `type` and `reference`.' }),
  responses: { 204: { description: 'Taken note of.' } },
  problems: [...webhookProblems],
});

export function mountCarrierWebhook(
  app: ApiApp,
  { shipments, secret, clock }: { readonly shipments: Shipments; readonly secret: string; readonly clock: Clock },
): void {
  app.openapi(route, async (c) => {
    const checked = await checkWebhook(c, { secret, clock });
    if (!checked.ok) return problem(c, checked.error);
    const webhook = CarrierWebhook.safeParse(c.req.valid('json'));
    if (!webhook.success) return problem(c, domainError('validation-failed', 'The webhook names no type or no order.'));
    if (isOrderId(webhook.data.reference)) await shipments.lookNow(webhook.data.reference);
    return c.body(null, 204);
  });
}
