import { type ApiApp, cursorParameter, defineRoute, encodeCursor, integerParameter } from '@checkout/http';
import { z } from '@hono/zod-openapi';
import type { Books, ReadBooks } from '../../../application/read-books.ts';
import { reference, shipmentStates, tag } from './schemas.ts';

const amount = z.int().min(0);
const sums = { authorized: amount, captured: amount, refunded: amount, voided: amount };

const LedgerSchema = z
  .object({
    payments: z.array(z.object({ orderId: z.string(), currency: z.string(), ...sums })),
    shipments: z.array(z.object({ orderId: z.string(), state: z.enum(shipmentStates) })),
    nextCursor: z.string().nullable(),
  })
  .openapi('SandboxLedger');

const show = (basePath: string) =>
  defineRoute({
    method: 'get',
    path: `${basePath}/ledger`,
    operationId: 'showLedger',
    tags: [tag],
    summary: "Read the providers' own books",
    access: 'public',
    description:
      'Independent of what the platform believes. Amounts are cumulative minor units; a decline and a tombstone are all ' +
      'zeros. Of one order, or of all of them in pages of `limit` orders.',
    query: z.strictObject({
      orderId: reference.optional(),
      limit: integerParameter({ min: 1, max: 1000, default: 100 }),
      cursor: cursorParameter(z.string()),
    }),
    responses: { 200: { description: 'A page; `nextCursor` is null on the last one.', schema: LedgerSchema } },
    problems: [],
  });

const summarize = (basePath: string) =>
  defineRoute({
    method: 'get',
    path: `${basePath}/ledger/summary`,
    operationId: 'summarizeLedger',
    tags: [tag],
    summary: "Add up the PSP's books by currency",
    access: 'public',
    responses: { 200: { description: 'By currency.', schema: z.record(z.string(), z.object(sums)) } },
    problems: [],
  });

/** Never subject to faults: this is what a run is checked against. */
export function mountLedger(app: ApiApp, basePath: string, books: ReadBooks): void {
  app.openapi(show(basePath), async (c) => {
    const { orderId, limit, cursor = '' } = c.req.valid('query');
    if (orderId !== undefined) return c.json({ ...viewOf(await books.of(orderId)), nextCursor: null }, 200);
    const { nextAfter, ...page } = await books.page(cursor, limit);
    return c.json({ ...viewOf(page), nextCursor: nextAfter === undefined ? null : encodeCursor(nextAfter) }, 200);
  });

  app.openapi(summarize(basePath), async (c) => {
    const totals = await books.totals();
    return c.json(Object.fromEntries(totals.map(({ currency, ...sum }) => [currency, sum])), 200);
  });
}

function viewOf({ payments, shipments }: Books) {
  return {
    payments: payments.map(({ reference: orderId, currency, authorized, captured, refunded, voided }) => ({
      orderId,
      currency,
      authorized,
      captured,
      refunded,
      voided,
    })),
    shipments: shipments.map(({ reference: orderId, state }) => ({ orderId, state })),
  };
}
