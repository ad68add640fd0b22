import type { ReadModelTable, StreamDefinition } from '@checkout/event-log';
import { evolveShipment, initialShipment, type Shipment, type ShipmentEvent } from './shipment.ts';

export type ShipmentView = {
  readonly status: Shipment['status'];
  readonly shipmentId: string | null;
  readonly detail: string | null;
};

export const shipmentsTable: ReadModelTable = { name: 'shipments', columns: { status: 'text' } };

export const shipmentStream: StreamDefinition<Shipment, ShipmentEvent> = {
  table: shipmentsTable,
  initialState: initialShipment,
  evolve: evolveShipment,
  project(shipment) {
    const view: ShipmentView = {
      status: shipment.status,
      shipmentId: 'shipmentId' in shipment ? shipment.shipmentId : null,
      detail: 'detail' in shipment ? shipment.detail : null,
    };
    return { view, columns: { status: shipment.status } };
  },
};
