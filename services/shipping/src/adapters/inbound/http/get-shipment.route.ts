import { z } from '@hono/zod-openapi';
import type { EventLog } from '@checkout/event-log';
import { type ApiApp, defineRoute, orderIdParameter, problem } from '@checkout/http';
import { domainError, toInstant } from '@checkout/kernel';
import type { ShipmentView } from '../../../domain/shipment-view.ts';

const ShipmentSchema = z
  .object({
    orderId: z.string().openapi({ format: 'uuid' }),
    status: z.enum([
      'NONE',
      'BOOKING',
      'BOOKED',
      'REJECTED',
      'DISPATCHING',
      'DISPATCHED',
      'DISPATCH_REFUSED',
      'TRACKING',
      'DELIVERED',
      'LOST',
      'CANCELLING',
      'CANCELLED',
    ]),
    shipmentId: z.string().nullable(),
    detail: z.string().nullable(),
    version: z.int(),
    updatedAt: z.string().openapi({ format: 'date-time' }),
  })
  .openapi('Shipment');

const route = defineRoute({
  method: 'get',
  path: '/v1/shipments/{orderId}',
  operationId: 'getShipment',
  tags: ['shipments'],
  summary: 'What we know of an order’s shipment',
  access: 'ops',
  params: z.object({ orderId: orderIdParameter }),
  responses: { 200: { description: 'The shipment.', schema: ShipmentSchema } },
  problems: ['shipment-not-found'],
});

export function mountGetShipment(app: ApiApp, log: EventLog): void {
  app.openapi(route, async (c) => {
    const row = await log.readModel(c.req.valid('param').orderId);
    if (row === undefined) return problem(c, domainError('shipment-not-found', 'There is no shipment for this order.'));
    const { streamId: orderId, version, updatedAt } = row;
    return c.json({ orderId, ...(row.view as ShipmentView), version, updatedAt: toInstant(updatedAt) }, 200);
  });
}
