import { type ApiApp, defineRoute, problem } from '@checkout/http';
import { domainError } from '@checkout/kernel';
import { z } from '@hono/zod-openapi';
import type { ReadBooks } from '../../../../application/read-books.ts';
import { operationProblems } from '../answer-operation.ts';
import { reference, referenceParams, shipmentStates, tag } from '../schemas.ts';

const route = (basePath: string) =>
  defineRoute({
    method: 'get',
    path: `${basePath}/carrier/shipments/{reference}`,
    operationId: 'carrierFindShipment',
    tags: [tag],
    summary: 'Carrier: ask where a shipment is',
    access: 'public',
    params: referenceParams,
    responses: {
      200: {
        description: 'What the books say.',
        schema: z.object({ id: z.string(), reference, state: z.enum(shipmentStates) }),
      },
    },
    problems: [...operationProblems],
  });

export function mountFindShipment(app: ApiApp, basePath: string, books: ReadBooks): void {
  app.openapi(route(basePath), async (c) => {
    const shipment = await books.shipment(c.req.valid('param').reference);
    if (shipment === undefined) return problem(c, domainError('not-found', 'there is no such shipment'));
    const { id, reference: shipped, state } = shipment;
    return c.json({ id, reference: shipped, state }, 200);
  });
}
