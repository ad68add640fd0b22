import type { Decided } from '@checkout/event-log';
import { assertNever } from '@checkout/kernel';
import {
  type Missing,
  type ParcelRequest,
  resolveTimer,
  type Shipment,
  type ShipmentEvent,
  trackTimer,
} from './shipment.ts';

type Unsettled = { readonly kind: 'unavailable' | 'unknown'; readonly reason: string };
export type BookingResult =
  | { readonly kind: 'booked'; readonly shipmentId: string }
  | { readonly kind: 'rejected'; readonly detail: string }
  | Unsettled;
export type DispatchResult =
  | { readonly kind: 'dispatched' }
  | { readonly kind: 'refused'; readonly detail: string }
  | Unsettled;
/** What tracking can tell of a parcel that is on its way. */
export type TrackingResult = 'delivered' | 'lost' | 'on-its-way' | Missing | 'no-answer';

type Events = readonly Decided<ShipmentEvent>[];
type Operation = 'request' | 'dispatch' | 'cancel';

export function unavailable(operation: Operation, attempt: number, reason: string): Decided<ShipmentEvent> {
  return { type: 'ShipmentUnavailable', data: { attempt, operation, reason } };
}

/** What follows from the carrier's answer to a booking; nothing once the door is closed or when it was answered before. */
export function bookingAnswered(
  shipment: Shipment,
  request: ParcelRequest,
  result: BookingResult,
  {
    orderId,
    attempt,
    unknownDeadlineMs,
  }: { readonly orderId: string; readonly attempt?: number; readonly unknownDeadlineMs: number },
): Events {
  if (shipment.status !== 'NONE' && shipment.status !== 'BOOKING') return [];
  switch (result.kind) {
    case 'booked':
      return [{ type: 'ShipmentRequested', data: { shipmentId: result.shipmentId }, timer: null }];
    case 'rejected':
      return [{ type: 'ShipmentRejected', data: { detail: result.detail }, timer: null }];
    case 'unavailable':
    case 'unknown':
      if (shipment.status === 'BOOKING') return [];
      if (result.kind === 'unavailable' && attempt !== undefined)
        return [unavailable('request', attempt, result.reason)];
      return [
        {
          type: 'BookingPending',
          data: { ...request, reason: result.reason },
          timer: resolveTimer(orderId, { rounds: 0, waitedMs: 0 }, unknownDeadlineMs),
        },
      ];
    default:
      return assertNever(result);
  }
}

export function dispatchAnswered(
  shipment: Shipment,
  result: DispatchResult,
  { orderId, attempt }: { readonly orderId: string; readonly attempt?: number },
): Events {
  const isAwaited =
    shipment.status === 'BOOKED' || shipment.status === 'DISPATCHING' || shipment.status === 'DISPATCH_REFUSED';
  if (!isAwaited) return [];
  switch (result.kind) {
    case 'dispatched':
      return [{ type: 'ShipmentDispatched', data: {}, timer: null }];
    case 'refused':
      return [{ type: 'ShipmentDispatchRefused', data: { detail: result.detail }, timer: null }];
    case 'unavailable':
    case 'unknown':
      if (shipment.status === 'DISPATCHING') return [];
      if (result.kind === 'unavailable' && attempt !== undefined)
        return [unavailable('dispatch', attempt, result.reason)];
      return [
        {
          type: 'DispatchPending',
          data: { reason: result.reason },
          timer: resolveTimer(orderId, { rounds: 0, waitedMs: 0 }),
        },
      ];
    default:
      return assertNever(result);
  }
}

/** What follows from a look at the carrier's tracking. */
export function trackingAnswered(shipment: Shipment, result: TrackingResult, orderId: string): Events {
  const isTracking = shipment.status === 'TRACKING';
  // A refused dispatch is followed when an operator says that the parcel went out all the same.
  if (!isTracking && shipment.status !== 'DISPATCHED' && shipment.status !== 'DISPATCH_REFUSED') return [];
  const { rounds, failures } = isTracking ? shipment : { rounds: 0, failures: 0 };
  switch (result) {
    case 'delivered':
      return [{ type: 'ShipmentDelivered', data: {}, timer: null }];
    case 'lost':
      return [{ type: 'ShipmentLost', data: { detail: 'The carrier has lost the parcel.' }, timer: null }];
    case 'on-its-way':
    case 'cancelled':
    case 'rejected':
    case 'absent':
    case 'no-answer': {
      const answered = result !== 'no-answer';
      const timer = trackTimer(orderId, { rounds, failures: answered ? 0 : 1 });
      // It is followed all the same: the carrier may have been wrong, and a person decides.
      const missing = missingBy(result);
      if (!isTracking) return [{ type: 'TrackingBegun', data: missing === undefined ? {} : { missing }, timer }];
      const isBack = result === 'on-its-way' && shipment.missing !== undefined;
      const isGone = missing !== undefined && shipment.missing === undefined;
      // The next look is set already: the timer changes only when the carrier begins or ceases to answer.
      if (answered === (failures === 0) && !isBack && !isGone) return [];
      const news = isBack ? { missing: null } : isGone ? { missing } : {};
      return [{ type: 'Tracked', data: { answered, ...news }, timer }];
    }
    default:
      return assertNever(result);
  }
}

function missingBy(result: TrackingResult): Missing | undefined {
  return result === 'cancelled' || result === 'rejected' || result === 'absent' ? result : undefined;
}

export function cancelConfirmed(shipment: Shipment): Events {
  if (shipment.status !== 'CANCELLING') return [];
  if (shipment.reason === 'saga') return [{ type: 'ShipmentCancelled', data: {}, timer: null }];
  const detail = 'The carrier did not say in time whether it booked the parcel: the booking was cancelled.';
  return [{ type: 'ShipmentRejected', data: { detail }, timer: null }];
}
