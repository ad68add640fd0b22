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
      detail: detailOf(shipment),
    };
    return { view, columns: { status: shipment.status } };
  },
};

function detailOf(shipment: Shipment): string | null {
  if ('detail' in shipment) return shipment.detail;
  const missing = shipment.status === 'TRACKING' ? shipment.missing : undefined;
  return missing === undefined ? null : `At the carrier the parcel is ${missing}.`;
}
