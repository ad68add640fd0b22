import type { Message } from '@checkout/contracts';
import type { EventLog, Loaded, Streams } from '@checkout/event-log';
import type { Clock, OrderId } from '@checkout/kernel';
import { type Background, createCallGate, createRecorder, type Outcome } from '@checkout/messaging';
import {
  bookingAnswer,
  cancelTimer,
  deliveryAnswer,
  dispatchAnswer,
  nextLook,
  type ParcelRequest,
  repeat,
  resolveTimer,
  type Shipment,
  type ShipmentEvent,
  trackTimer,
} from '../domain/shipment.ts';
import {
  bookingAnswered,
  type BookingResult,
  cancelConfirmed,
  dispatchAnswered,
  trackingAnswered,
  type TrackingResult,
  unavailable,
} from '../domain/shipment-outcomes.ts';
import type { Carrier } from './ports/carrier.port.ts';

export type ShipmentsDeps = {
  readonly log: EventLog;
  readonly streams: Streams<Shipment, ShipmentEvent>;
  readonly carrier: Carrier;
  readonly clock: Clock;
  readonly background: Background;
  /** How long a booking's outcome may stay unknown before it is cancelled by key, milliseconds. */
  readonly unknownDeadlineMs: number;
};

/** So often a cancellation that did not even reach the carrier is tried on our own timer before the saga hears of it. */
const patientRounds = 8;

/** Providers keep idempotency keys for 24 h; half of that leaves room for clocks that disagree. */
const maxKeyAgeMs = 12 * 3_600_000;

const seenAs = {
  BOOKED: 'on-its-way',
  DISPATCHED: 'on-its-way',
  DELIVERED: 'delivered',
  LOST: 'lost',
  CANCELLED: 'cancelled',
  REJECTED: 'rejected',
} as const;

type LoadedShipment = Loaded<Shipment>;
type ShipmentOutcome = Outcome<Shipment, ShipmentEvent>;

/** The saga's commands and the shipment's timers, carried out at the carrier. */
export type Shipments = {
  request: (loaded: LoadedShipment, message: Message<'RequestShipment'>) => Promise<ShipmentOutcome>;
  dispatch: (loaded: LoadedShipment, message: Message<'DispatchShipment'>) => Promise<ShipmentOutcome>;
  awaitDelivery: (loaded: LoadedShipment) => Promise<ShipmentOutcome>;
  cancel: (loaded: LoadedShipment, message: Message<'CancelShipment'>) => ShipmentOutcome;
  timerFired: (loaded: LoadedShipment) => ShipmentOutcome;
  /** The carrier says that something happened: look now instead of at the timer. Changes nothing by itself. */
  lookNow: (orderId: OrderId) => Promise<void>;
};

export function createShipments(deps: ShipmentsDeps): Shipments {
  const { log, streams, carrier, clock, background, unknownDeadlineMs } = deps;
  const record = createRecorder<Shipment, ShipmentEvent>({ log, streams });
  const calls = createCallGate(clock, background.closing);

  const request = async (
    { streamId: orderId, state }: LoadedShipment,
    { data, recordedAt }: Message<'RequestShipment'>,
  ): Promise<ShipmentOutcome> => {
    const answer = bookingAnswer(state);
    if (answer !== undefined) return { events: [answer] };
    const { attempt, ...parcel } = data;
    if (isStuckAtItsDoor(state)) return { events: [unavailable('request', attempt, 'not cancelled')] };
    if (state.status !== 'NONE') return { events: [] };
    // A try that left no trace here may have booked it, with a key that the carrier has forgotten: it is asked for first.
    const isOld = clock.now() - recordedAt > maxKeyAgeMs;
    const { call, result } = await calls.start(() =>
      isOld ? resolveBooking(orderId, parcel, true) : carrier.book({ orderId, ...parcel }),
    );
    if (result !== undefined) {
      return { events: bookingAnswered(state, parcel, result, { orderId, attempt, unknownDeadlineMs }) };
    }
    const late = async (pending: LoadedShipment) => {
      const answered = await call;
      await record(pending, (shipment) => bookingAnswered(shipment, parcel, answered, { orderId, unknownDeadlineMs }));
    };
    return {
      events: bookingAnswered(state, parcel, { kind: 'unknown', reason: 'slow' }, { orderId, unknownDeadlineMs }),
      afterCommit: (pending) => background.goOn(() => late(pending)),
    };
  };

  const dispatch = async (
    { streamId: orderId, state }: LoadedShipment,
    { data }: Message<'DispatchShipment'>,
  ): Promise<ShipmentOutcome> => {
    const answer = dispatchAnswer(state);
    if (answer !== undefined) return { events: [answer] };
    // A refusal is asked again: an operator may have settled it with the carrier.
    if (state.status !== 'BOOKED' && state.status !== 'DISPATCH_REFUSED') return { events: [] };
    const { call, result } = await calls.start(() => carrier.dispatch(orderId));
    if (result !== undefined) return { events: dispatchAnswered(state, result, { orderId, attempt: data.attempt }) };
    const late = async (pending: LoadedShipment) => {
      const answered = await call;
      await record(pending, (shipment) => dispatchAnswered(shipment, answered, { orderId }));
    };
    return {
      events: dispatchAnswered(state, { kind: 'unknown', reason: 'slow' }, { orderId }),
      afterCommit: (pending) => background.goOn(() => late(pending)),
    };
  };

  const awaitDelivery = async ({ streamId: orderId, state }: LoadedShipment): Promise<ShipmentOutcome> => {
    const answer = deliveryAnswer(state);
    if (answer !== undefined) return { events: [answer] };
    if (!mayBeOnItsWay(state)) return { events: [] };
    const { result } = await calls.start(() => look(orderId));
    return { events: trackingAnswered(state, result?.seen ?? 'no-answer', orderId) };
  };

  const look = async (orderId: OrderId): Promise<{ readonly seen: TrackingResult }> => {
    const tracked = await carrier.track(orderId);
    if (tracked.kind === 'absent') return { seen: 'absent' };
    return { seen: tracked.kind === 'found' ? seenAs[tracked.state] : 'no-answer' };
  };

  /** The door is closed in the log before the carrier hears of it. */
  const cancel = (
    { streamId: orderId, state }: LoadedShipment,
    { data }: Message<'CancelShipment'>,
  ): ShipmentOutcome => {
    if (state.status === 'CANCELLED') return { events: [repeat('ShipmentCancelled', {})] };
    const timer = cancelTimer(orderId, 0);
    const isRepeat = state.status === 'CANCELLING' && state.reason === 'saga';
    return {
      events: [
        isRepeat
          ? { type: 'CancellationRetried', data: {}, timer }
          : { type: 'CancellationStarted', data: { reason: 'saga' }, timer },
      ],
      afterCommit: (started) => runCancel(started, data.attempt),
    };
  };

  const runCancel = (started: LoadedShipment, attempt?: number) =>
    background.run(async () => {
      const cancelled = await carrier.cancel(started.streamId);
      if (cancelled.kind === 'cancelled') return record(started, cancelConfirmed);
      // That we stop says nothing of the carrier, and the timer must live.
      if (attempt === undefined || background.signal.aborted) return;
      const { state } = started;
      const isPatient = state.status === 'CANCELLING' && state.rounds < patientRounds;
      if (cancelled.kind === 'unavailable' && isPatient) return;
      const reason = 'reason' in cancelled ? cancelled.reason : cancelled.kind;
      // The saga decides when to try again, or calls an operator: our own timer rests.
      await record(started, (shipment) =>
        shipment.status === 'CANCELLED' ? [] : [{ ...unavailable('cancel', attempt, reason), timer: null }],
      );
    });

  const timerFired = ({ streamId: orderId, state }: LoadedShipment): ShipmentOutcome => {
    switch (state.status) {
      case 'BOOKING': {
        const waitedMs = resolveTimer(orderId, state, unknownDeadlineMs).afterMs;
        const next = { rounds: state.rounds + 1, waitedMs: state.waitedMs + waitedMs };
        if (next.waitedMs >= unknownDeadlineMs) {
          const timer = cancelTimer(orderId, 0);
          return {
            events: [{ type: 'CancellationStarted', data: { reason: 'booking-unknown' }, timer }],
            afterCommit: (started) => runCancel(started),
          };
        }
        return awaiting(waitedMs, resolveTimer(orderId, next, unknownDeadlineMs));
      }
      case 'DISPATCHING': {
        const waitedMs = resolveTimer(orderId, state).afterMs;
        const next = { rounds: state.rounds + 1, waitedMs: state.waitedMs + waitedMs };
        return awaiting(waitedMs, resolveTimer(orderId, next));
      }
      case 'TRACKING': {
        // The next look is set before this one is made, so that a crash in between loses none.
        const timer = trackTimer(orderId, nextLook(state));
        return {
          events: [{ type: 'TrackingAsked', data: {}, timer }],
          afterCommit: (tracking) => background.run(() => ask(tracking)),
        };
      }
      case 'CANCELLING': {
        const timer = cancelTimer(orderId, state.rounds + 1);
        return {
          events: [{ type: 'CancellationRetried', data: {}, timer }],
          afterCommit: (started) => runCancel(started),
        };
      }
      default:
        return { events: [] };
    }
  };

  const awaiting = (waitedMs: number, timer: { kind: string; afterMs: number }): ShipmentOutcome => ({
    events: [{ type: 'OutcomeAwaited', data: { waitedMs }, timer }],
    afterCommit: (loaded) => background.run(() => ask(loaded)),
  });

  /** Asks the carrier by our reference; what it does not have is sent again with the same key, while the key is young. */
  const ask = async (loaded: LoadedShipment): Promise<void> => {
    const { streamId: orderId, state } = loaded;
    if (state.status === 'TRACKING') {
      const { seen } = await look(orderId);
      if (background.signal.aborted) return;
      await record(loaded, (shipment) => trackingAnswered(shipment, seen, orderId));
    } else if (state.status === 'BOOKING') {
      const mayResend = clock.now() - loaded.createdAt < maxKeyAgeMs;
      const result = await resolveBooking(orderId, state.request, mayResend);
      await record(loaded, (shipment) =>
        bookingAnswered(shipment, state.request, result, { orderId, unknownDeadlineMs }),
      );
    } else if (state.status === 'DISPATCHING') {
      const result = await carrier.dispatch(orderId);
      await record(loaded, (shipment) => dispatchAnswered(shipment, result, { orderId }));
    }
  };

  const resolveBooking = async (
    orderId: OrderId,
    parcel: ParcelRequest,
    mayResend: boolean,
  ): Promise<BookingResult> => {
    const tracked = await carrier.track(orderId);
    switch (tracked.kind) {
      case 'found':
        return tracked.state === 'REJECTED' || tracked.state === 'CANCELLED'
          ? { kind: 'rejected', detail: 'The carrier has refused the parcel.' }
          : { kind: 'booked', shipmentId: tracked.shipmentId };
      case 'absent':
        return mayResend ? carrier.book({ orderId, ...parcel }) : { kind: 'unknown', reason: 'absent' };
      case 'unavailable':
      case 'unknown':
        return tracked;
    }
  };

  return {
    request,
    dispatch,
    awaitDelivery,
    cancel,
    timerFired,
    lookNow: async (orderId) => {
      const loaded = await streams.loadFresh(orderId);
      background.run(() => ask(loaded));
    },
  };
}

function mayBeOnItsWay({ status }: Shipment): boolean {
  return status === 'DISPATCHED' || status === 'DISPATCH_REFUSED' || status === 'TRACKING';
}

/**
 * An unknown booking that we gave up, and the carrier does not confirm the cancellation either. The saga that asks hears of
 * it, so that it comes to an operator in the end; our own timer goes on meanwhile.
 */
function isStuckAtItsDoor(shipment: Shipment): boolean {
  return shipment.status === 'CANCELLING' && shipment.reason === 'booking-unknown' && shipment.rounds >= patientRounds;
}
