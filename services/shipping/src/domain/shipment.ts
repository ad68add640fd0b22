import type { MessageData } from '@checkout/contracts';
import type { Decided } from '@checkout/event-log';
import { assertNever, backoffMs } from '@checkout/kernel';

export type ParcelRequest = Omit<MessageData<'RequestShipment'>, 'attempt'>;

/** How long an outcome has been unknown, as the sum of the waits between the questions, milliseconds. */
export type Unresolved = { readonly rounds: number; readonly waitedMs: number };

/** Why the booking is being cancelled: the saga undoes the order, or the booking's outcome stayed unknown for too long. */
export type CancelReason = 'saga' | 'booking-unknown';

/** What the carrier was first seen to say of a parcel that it had taken and that will not arrive by itself. */
export const missingStates = ['cancelled', 'rejected', 'absent'] as const;
export type Missing = (typeof missingStates)[number];

export type Shipment =
  | { readonly status: 'NONE' }
  | ({ readonly status: 'BOOKING'; readonly request: ParcelRequest } & Unresolved)
  | { readonly status: 'BOOKED'; readonly shipmentId: string }
  | { readonly status: 'REJECTED'; readonly detail: string }
  | ({ readonly status: 'DISPATCHING'; readonly shipmentId: string } & Unresolved)
  | { readonly status: 'DISPATCHED'; readonly shipmentId: string }
  | { readonly status: 'DISPATCH_REFUSED'; readonly shipmentId: string; readonly detail: string }
  /** `failures`: questions in a row that the carrier did not answer. */
  | {
      readonly status: 'TRACKING';
      readonly shipmentId: string;
      readonly rounds: number;
      readonly failures: number;
      readonly missing?: Missing;
    }
  | { readonly status: 'DELIVERED'; readonly shipmentId: string }
  | { readonly status: 'LOST'; readonly shipmentId: string; readonly detail: string }
  /** Success is no longer reported: a booking that still lands is cancelled. */
  | { readonly status: 'CANCELLING'; readonly reason: CancelReason; readonly rounds: number }
  | { readonly status: 'CANCELLED' };

export type ShipmentEvent =
  | { readonly type: 'BookingPending'; readonly data: ParcelRequest & { readonly reason: string } }
  | { readonly type: 'DispatchPending'; readonly data: { readonly reason: string } }
  | { readonly type: 'OutcomeAwaited'; readonly data: { readonly waitedMs: number } }
  | { readonly type: 'ShipmentRequested'; readonly data: MessageData<'ShipmentRequested'> }
  | { readonly type: 'ShipmentRejected'; readonly data: MessageData<'ShipmentRejected'> }
  | { readonly type: 'ShipmentDispatched'; readonly data: Record<string, never> }
  | { readonly type: 'ShipmentDispatchRefused'; readonly data: MessageData<'ShipmentDispatchRefused'> }
  | { readonly type: 'TrackingBegun'; readonly data: { readonly missing?: Missing } }
  /** A look at the carrier's tracking is due; what it shows comes later, or never when the process ends. */
  | { readonly type: 'TrackingAsked'; readonly data: Record<string, never> }
  /** The carrier ceases to answer, or begins to again, or no longer has the parcel; `null`: it has it after all. */
  | { readonly type: 'Tracked'; readonly data: { readonly answered: boolean; readonly missing?: Missing | null } }
  | { readonly type: 'ShipmentDelivered'; readonly data: Record<string, never> }
  | { readonly type: 'ShipmentLost'; readonly data: MessageData<'ShipmentLost'> }
  | { readonly type: 'CancellationStarted'; readonly data: { readonly reason: CancelReason } }
  | { readonly type: 'CancellationRetried'; readonly data: Record<string, never> }
  | { readonly type: 'ShipmentCancelled'; readonly data: Record<string, never> }
  | { readonly type: 'ShipmentUnavailable'; readonly data: MessageData<'ShipmentUnavailable'> };

export const initialShipment: Shipment = { status: 'NONE' };

const unresolved = { rounds: 0, waitedMs: 0 } as const;

export function evolveShipment(shipment: Shipment, event: ShipmentEvent): Shipment {
  const shipmentId = 'shipmentId' in shipment ? shipment.shipmentId : '';
  switch (event.type) {
    case 'BookingPending': {
      const { reason: _reason, ...request } = event.data;
      return { status: 'BOOKING', request, ...unresolved };
    }
    case 'DispatchPending':
      return { status: 'DISPATCHING', shipmentId, ...unresolved };
    case 'OutcomeAwaited':
      return awaited(shipment, event.data.waitedMs);
    case 'ShipmentRequested':
      return { status: 'BOOKED', shipmentId: event.data.shipmentId };
    case 'ShipmentRejected':
      return { status: 'REJECTED', detail: event.data.detail };
    case 'ShipmentDispatched':
      return { status: 'DISPATCHED', shipmentId };
    case 'ShipmentDispatchRefused':
      return { status: 'DISPATCH_REFUSED', shipmentId, detail: event.data.detail };
    case 'TrackingBegun':
      return { status: 'TRACKING', shipmentId, rounds: 0, failures: 0, ...event.data };
    case 'TrackingAsked':
      return shipment.status === 'TRACKING' ? { ...shipment, ...nextLook(shipment) } : shipment;
    case 'Tracked':
      return tracked(shipment, event.data);
    case 'ShipmentDelivered':
      return { status: 'DELIVERED', shipmentId };
    case 'ShipmentLost':
      return { status: 'LOST', shipmentId, detail: event.data.detail };
    case 'CancellationStarted':
      return { status: 'CANCELLING', reason: event.data.reason, rounds: 0 };
    case 'CancellationRetried':
      return shipment.status === 'CANCELLING' ? { ...shipment, rounds: shipment.rounds + 1 } : shipment;
    case 'ShipmentCancelled':
      return { status: 'CANCELLED' };
    case 'ShipmentUnavailable':
      return shipment;
    default:
      return assertNever(event);
  }
}

function awaited(shipment: Shipment, waitedMs: number): Shipment {
  if (shipment.status !== 'BOOKING' && shipment.status !== 'DISPATCHING') return shipment;
  return { ...shipment, rounds: shipment.rounds + 1, waitedMs: shipment.waitedMs + waitedMs };
}

function tracked(shipment: Shipment, { answered, missing }: TrackedData): Shipment {
  if (shipment.status !== 'TRACKING') return shipment;
  const { missing: before, ...parcel } = shipment;
  const now = missing === undefined ? before : missing;
  return { ...parcel, failures: answered ? 0 : 1, ...(now && { missing: now }) };
}

type TrackedData = Extract<ShipmentEvent, { type: 'Tracked' }>['data'];
type Looks = { readonly rounds: number; readonly failures: number };

/** Counts a look before its answer is there: in a silence every look is one more failure until the carrier answers. */
export function nextLook({ rounds, failures }: Looks): Looks {
  return { rounds: rounds + 1, failures: failures === 0 ? 0 : failures + 1 };
}

const resolveBaseMs = 2_000;
const resolveCapMs = 30_000;
const trackBaseMs = 1_000;
const trackCapMs = 6 * 3_600_000;
const trackFailureCapMs = 60_000;
/** After this many rounds nothing is urgent any more, and the stream must not fill up. */
const eagerRounds = 40;
const patientCapMs = 600_000;

type Timer = { readonly kind: string; readonly afterMs: number };

/** Questions that a deadline leaves room for, however short it is. */
const minRounds = 6;

/** 2, 4, 8 … 30 s apart, closer under a short deadline, spread per order; a booking's never go beyond its deadline. */
export function resolveTimer(orderId: string, state: Unresolved, deadlineMs = Infinity): Timer {
  const capMs = Math.min(patienceMs(state.rounds, resolveCapMs), Math.max(resolveBaseMs, deadlineMs / minRounds));
  const wait = backoffMs(state.rounds + 1, resolveBaseMs, capMs, orderId);
  return { kind: 'resolve', afterMs: Math.max(1, Math.min(wait, deadlineMs - state.waitedMs)) };
}

/** Often at first, then rarely: a delivery takes days, and the carrier's webhooks say when to look. */
export function trackTimer(orderId: string, { rounds, failures }: Looks): Timer {
  if (failures === 0) return { kind: 'track', afterMs: backoffMs(rounds + 1, trackBaseMs, trackCapMs, orderId) };
  const capMs = patienceMs(failures, trackFailureCapMs);
  return { kind: 'track', afterMs: backoffMs(failures, trackBaseMs, capMs, orderId) };
}

export function cancelTimer(orderId: string, rounds: number): Timer {
  return { kind: 'cancel', afterMs: backoffMs(rounds + 1, resolveBaseMs, patienceMs(rounds, resolveCapMs), orderId) };
}

/** The longest wait of a round. */
function patienceMs(rounds: number, eagerCapMs: number): number {
  return rounds < eagerRounds ? eagerCapMs : patientCapMs;
}

export function repeat(type: ShipmentEvent['type'], data: object): Decided<ShipmentEvent> {
  return { type: 'AnswerRepeated', data: {}, emits: [{ type, data }] };
}

/** The recorded answer to a booking, or `undefined` when there is none yet. */
export function bookingAnswer(shipment: Shipment): Decided<ShipmentEvent> | undefined {
  if (shipment.status === 'REJECTED') return repeat('ShipmentRejected', { detail: shipment.detail });
  return 'shipmentId' in shipment ? repeat('ShipmentRequested', { shipmentId: shipment.shipmentId }) : undefined;
}

export function dispatchAnswer(shipment: Shipment): Decided<ShipmentEvent> | undefined {
  switch (shipment.status) {
    case 'DISPATCHED':
    case 'TRACKING':
    case 'DELIVERED':
    case 'LOST':
      return repeat('ShipmentDispatched', {});
    default:
      return undefined;
  }
}

export function deliveryAnswer(shipment: Shipment): Decided<ShipmentEvent> | undefined {
  if (shipment.status === 'DELIVERED') return repeat('ShipmentDelivered', {});
  return shipment.status === 'LOST' ? repeat('ShipmentLost', { detail: shipment.detail }) : undefined;
}
