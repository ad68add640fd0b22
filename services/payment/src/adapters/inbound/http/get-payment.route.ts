import { z } from '@hono/zod-openapi';
import type { EventLog } from '@checkout/event-log';
import { type ApiApp, defineRoute, orderIdParameter, problem } from '@checkout/http';
import { domainError, toInstant } from '@checkout/kernel';
import type { PaymentView } from '../../../domain/payment-view.ts';

const amount = z.int();

const PaymentSchema = z
  .object({
    orderId: z.string().openapi({ format: 'uuid' }),
    status: z.enum([
      'NONE',
      'AUTHORIZING',
      'AUTHORIZED',
      'DECLINED',
      'CAPTURING',
      'CAPTURED',
      'CAPTURE_REJECTED',
      'RELEASING',
      'RELEASED',
    ]),
    currency: z.string().nullable(),
    authorized: amount,
    captured: amount,
    voided: amount,
    refunded: amount,
    parked: z.string().nullable().openapi({ description: 'Why a person has to look at it.' }),
    version: z.int(),
    updatedAt: z.string().openapi({ format: 'date-time' }),
  })
  .openapi('Payment', { description: 'Our ledger: cumulative minor units.' });

const route = defineRoute({
  method: 'get',
  path: '/v1/payments/{orderId}',
  operationId: 'getPayment',
  tags: ['payments'],
  summary: 'Our ledger of an order’s payment',
  access: 'ops',
  params: z.object({ orderId: orderIdParameter }),
  responses: { 200: { description: 'The payment.', schema: PaymentSchema } },
  problems: ['payment-not-found'],
});

export function mountGetPayment(app: ApiApp, log: EventLog): void {
  app.openapi(route, async (c) => {
    const row = await log.readModel(c.req.valid('param').orderId);
    if (row === undefined) return problem(c, domainError('payment-not-found', 'There is no payment for this order.'));
    const { streamId: orderId, version, updatedAt } = row;
    return c.json({ orderId, ...(row.view as PaymentView), version, updatedAt: toInstant(updatedAt) }, 200);
  });
}
