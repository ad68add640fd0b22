import { type ApiApp, defineRoute, problem } from '@checkout/http';
import { domainError } from '@checkout/kernel';
import { z } from '@hono/zod-openapi';
import type { FaultDice } from '../../../../application/fault-dice.ts';
import type { ReadBooks } from '../../../../application/read-books.ts';
import type { Payment } from '../../../../domain/payment.ts';
import { operationProblems } from '../answer-operation.ts';
import { reference, referenceParams, tag } from '../schemas.ts';

const amount = z.int().min(0);
/** So many fit into the request line. */
const maxReferences = 50;

const PaymentSchema = z.object({
  reference,
  currency: z.string(),
  authorization: z.enum(['none', 'approved', 'declined', 'voided']),
  declineReason: z.enum(['payment-declined', 'insufficient-funds']).optional(),
  capture: z.enum(['none', 'captured', 'rejected']),
  authorized: amount,
  captured: amount,
  refunded: amount,
  voided: amount,
});

const listRoute = (basePath: string) =>
  defineRoute({
    method: 'get',
    path: `${basePath}/psp/payments`,
    operationId: 'pspFindPayments',
    tags: [tag],
    summary: 'PSP: ask what became of several payments',
    access: 'public',
    description: `Up to ${maxReferences} references with commas between them. Those without a payment are left out.`,
    query: z.strictObject({
      references: z
        .string()
        .min(1)
        .transform((text) => text.split(','))
        .pipe(z.array(reference).max(maxReferences))
        .openapi({ type: 'string', example: '0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01' }),
    }),
    responses: {
      200: { description: 'What the books say.', schema: z.object({ items: z.array(PaymentSchema) }) },
    },
    problems: [...operationProblems],
  });

const route = (basePath: string) =>
  defineRoute({
    method: 'get',
    path: `${basePath}/psp/payments/{reference}`,
    operationId: 'pspFindPayment',
    tags: [tag],
    summary: 'PSP: ask what became of a payment',
    access: 'public',
    description: 'Amounts are cumulative minor units. Held: authorized - captured - voided. Net: captured - refunded.',
    params: referenceParams,
    responses: {
      200: {
        description: 'What the books say.',
        schema: PaymentSchema,
      },
    },
    problems: [...operationProblems],
  });

export function mountFindPayment(
  app: ApiApp,
  basePath: string,
  { books, dice }: { readonly books: ReadBooks; readonly dice: Pick<FaultDice, 'amountsTold'> },
): void {
  app.openapi(route(basePath), async (c) => {
    const payment = await books.payment(c.req.valid('param').reference);
    if (payment === undefined) return problem(c, domainError('not-found', 'there is no such payment'));
    return c.json(viewOf(payment, dice.amountsTold()), 200);
  });
  app.openapi(listRoute(basePath), async (c) => {
    const payments = await books.payments(c.req.valid('query').references);
    const told = dice.amountsTold();
    return c.json({ items: payments.map((payment) => viewOf(payment, told)) }, 200);
  });
}

/** The token stays inside. */
function viewOf(payment: Payment, told: (amount: number) => number) {
  const { reference: paid, currency, authorization, declineReason, capture, ...amounts } = payment;
  const { authorized, captured, refunded, voided } = amounts;
  return {
    reference: paid,
    currency,
    authorization,
    ...(declineReason !== undefined && { declineReason }),
    capture,
    authorized: told(authorized),
    captured: told(captured),
    refunded: told(refunded),
    voided: told(voided),
  };
}
