import type { MessageHandlers } from '@checkout/messaging';
import type { Shipments } from '../../../application/shipments.ts';
import type { Shipment, ShipmentEvent } from '../../../domain/shipment.ts';

/** The saga's commands to the shipping service. */
export function shippingCommandHandlers(shipments: Shipments): MessageHandlers<Shipment, ShipmentEvent> {
  return {
    RequestShipment: shipments.request,
    DispatchShipment: shipments.dispatch,
    AwaitDelivery: shipments.awaitDelivery,
    CancelShipment: shipments.cancel,
  };
}
