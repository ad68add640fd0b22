import type { MessageData } from '@checkout/contracts';
import type { Decided } from '@checkout/event-log';
import { assertNever, backoffMs } from '@checkout/kernel';

/** `amount` in minor units. */
export type PaymentRequest = {
  readonly amount: number;
  readonly currency: string;
  readonly paymentToken: string;
};

/** How long an outcome has been unknown, as the sum of the waits between the questions, milliseconds. */
type Unresolved = { readonly rounds: number; readonly waitedMs: number };

export type DeclineCode = MessageData<'PaymentDeclined'>['code'];

/** Why the door was closed: the saga undoes the order, or an outcome stayed unknown for too long. */
export type ReleaseReason = 'saga' | 'authorize-unknown' | 'capture-unknown';

export type Payment =
  | { readonly status: 'NONE' }
  | ({ readonly status: 'AUTHORIZING'; readonly request: PaymentRequest } & Unresolved)
  | ({ readonly status: 'AUTHORIZED' } & Authorized)
  | { readonly status: 'DECLINED'; readonly code: DeclineCode; readonly detail: string }
  | ({ readonly status: 'CAPTURING' } & Authorized & Unresolved)
  | ({ readonly status: 'CAPTURED'; readonly captureId: string } & Authorized)
  | ({ readonly status: 'CAPTURE_REJECTED'; readonly detail: string } & Authorized)
  /** Success is no longer reported: whatever still lands at the provider is undone. */
  | { readonly status: 'RELEASING'; readonly reason: ReleaseReason; readonly held: Held; readonly rounds: number }
  | {
      readonly status: 'RELEASED';
      readonly reason: ReleaseReason;
      readonly held: Held;
      readonly voided: number;
      readonly refunded: number;
    };

/** `amount` in minor units, authorised and so far only reserved unless the status says more. */
type Authorized = { readonly amount: number; readonly currency: string; readonly authorizationId: string };

/** What had been authorised and captured when the release began, minor units. */
export type Held = { readonly currency: string | null; readonly authorized: number; readonly captured: number };

/** `parked` is set when the provider's figures are not ours: nothing more is charged, it is undone, and a person has to look. */
export type PaymentState = Payment & { readonly parked?: string };

export type PaymentEvent =
  | { readonly type: 'AuthorizationPending'; readonly data: PaymentRequest & { readonly reason: string } }
  | { readonly type: 'CapturePending'; readonly data: { readonly reason: string } }
  /** The resolver asked, and will ask again. */
  | { readonly type: 'OutcomeAwaited'; readonly data: { readonly waitedMs: number } }
  | { readonly type: 'PaymentApproved'; readonly data: MessageData<'PaymentApproved'> }
  | { readonly type: 'PaymentDeclined'; readonly data: MessageData<'PaymentDeclined'> }
  | { readonly type: 'PaymentCaptured'; readonly data: MessageData<'PaymentCaptured'> }
  | { readonly type: 'PaymentCaptureRejected'; readonly data: MessageData<'PaymentCaptureRejected'> }
  | { readonly type: 'PaymentReleaseStarted'; readonly data: { readonly reason: ReleaseReason } }
  | { readonly type: 'ReleaseRetried'; readonly data: Record<string, never> }
  | { readonly type: 'PaymentReleased'; readonly data: MessageData<'PaymentReleased'> }
  | { readonly type: 'PaymentUnavailable'; readonly data: MessageData<'PaymentUnavailable'> }
  | { readonly type: 'PaymentParked'; readonly data: { readonly reason: string } };

export const initialPayment: PaymentState = { status: 'NONE' };

const unresolved = { rounds: 0, waitedMs: 0 } as const;

export function evolvePayment(payment: PaymentState, event: PaymentEvent): PaymentState {
  const parked = payment.parked === undefined ? {} : { parked: payment.parked };
  switch (event.type) {
    case 'AuthorizationPending': {
      const { reason: _reason, ...request } = event.data;
      return { status: 'AUTHORIZING', request, ...unresolved, ...parked };
    }
    case 'CapturePending':
      return payment.status === 'AUTHORIZED' ? { ...payment, status: 'CAPTURING', ...unresolved } : payment;
    case 'OutcomeAwaited':
      return awaited(payment, event.data.waitedMs);
    case 'PaymentApproved':
      return { status: 'AUTHORIZED', ...event.data, ...parked };
    case 'PaymentDeclined':
      return { status: 'DECLINED', ...event.data, ...parked };
    case 'PaymentCaptured':
      return payment.status === 'AUTHORIZED' || payment.status === 'CAPTURING'
        ? { ...authorizedOf(payment), status: 'CAPTURED', captureId: event.data.captureId, ...parked }
        : payment;
    case 'PaymentCaptureRejected':
      return payment.status === 'AUTHORIZED' || payment.status === 'CAPTURING'
        ? { ...authorizedOf(payment), status: 'CAPTURE_REJECTED', detail: event.data.detail, ...parked }
        : payment;
    case 'PaymentReleaseStarted':
      return { status: 'RELEASING', reason: event.data.reason, held: heldOf(payment), rounds: 0, ...parked };
    case 'ReleaseRetried':
      return payment.status === 'RELEASING' ? { ...payment, rounds: payment.rounds + 1 } : payment;
    case 'PaymentReleased':
      return {
        status: 'RELEASED',
        reason: payment.status === 'RELEASING' || payment.status === 'RELEASED' ? payment.reason : 'saga',
        held: heldOf(payment),
        voided: event.data.voided,
        refunded: event.data.refunded,
        ...parked,
      };
    case 'PaymentUnavailable':
      return payment;
    case 'PaymentParked':
      return { ...payment, parked: event.data.reason };
    default:
      return assertNever(event);
  }
}

function awaited(payment: PaymentState, waitedMs: number): PaymentState {
  if (payment.status === 'RELEASING') return { ...payment, rounds: payment.rounds + 1 };
  if (payment.status !== 'AUTHORIZING' && payment.status !== 'CAPTURING') return payment;
  return { ...payment, rounds: payment.rounds + 1, waitedMs: payment.waitedMs + waitedMs };
}

function authorizedOf({ amount, currency, authorizationId }: Authorized): Authorized {
  return { amount, currency, authorizationId };
}

const nothingHeld: Held = { currency: null, authorized: 0, captured: 0 };

export function heldOf(payment: PaymentState): Held {
  switch (payment.status) {
    case 'AUTHORIZED':
    case 'CAPTURING':
    case 'CAPTURE_REJECTED':
      return { currency: payment.currency, authorized: payment.amount, captured: 0 };
    case 'CAPTURED':
      return { currency: payment.currency, authorized: payment.amount, captured: payment.amount };
    case 'AUTHORIZING':
      return { ...nothingHeld, currency: payment.request.currency };
    case 'RELEASING':
    case 'RELEASED':
      return payment.held;
    case 'NONE':
    case 'DECLINED':
      return nothingHeld;
    default:
      return assertNever(payment);
  }
}

const resolveBaseMs = 2_000;
const resolveCapMs = 30_000;
/** After this many rounds nothing is urgent any more, and the stream must not fill up. */
const eagerRounds = 40;
const patientCapMs = 600_000;

/** The longest wait of a round. */
function patienceMs(rounds: number): number {
  return rounds < eagerRounds ? resolveCapMs : patientCapMs;
}

/** Questions that a deadline leaves room for, however short it is. */
const minRounds = 6;

/** The timer of the resolver: 2, 4, 8 … 30 s apart, closer under a short deadline, spread per order, never beyond it. */
export function resolveTimer(
  orderId: string,
  state: Unresolved,
  deadlineMs: number,
): { kind: string; afterMs: number } {
  const capMs = Math.min(patienceMs(state.rounds), Math.max(resolveBaseMs, deadlineMs / minRounds));
  const wait = backoffMs(state.rounds + 1, resolveBaseMs, capMs, orderId);
  return { kind: 'resolve', afterMs: Math.max(1, Math.min(wait, deadlineMs - state.waitedMs)) };
}

/**
 * A release that did not finish is tried again on its own, for as long as it takes: a void without an answer is repeated,
 * never assumed.
 */
export function releaseTimer(orderId: string, rounds: number): { kind: string; afterMs: number } {
  return { kind: 'release', afterMs: backoffMs(rounds + 1, resolveBaseMs, patienceMs(rounds), orderId) };
}

/** The recorded answer to an authorisation, or `undefined` when there is none yet. */
export function authorizationAnswer(payment: PaymentState): Decided<PaymentEvent> | undefined {
  switch (payment.status) {
    case 'AUTHORIZED':
    case 'CAPTURING':
    case 'CAPTURED':
      return repeat({ type: 'PaymentApproved', data: authorizedOf(payment) });
    case 'DECLINED':
      return repeat({ type: 'PaymentDeclined', data: { code: payment.code, detail: payment.detail } });
    default:
      return undefined;
  }
}

export function captureAnswer(payment: PaymentState): Decided<PaymentEvent> | undefined {
  if (payment.status === 'CAPTURED') {
    const { amount, currency, captureId } = payment;
    return repeat({ type: 'PaymentCaptured', data: { amount, currency, captureId } });
  }
  if (payment.status === 'CAPTURE_REJECTED') {
    return repeat({ type: 'PaymentCaptureRejected', data: { detail: payment.detail } });
  }
  if (payment.status === 'RELEASED' && payment.reason === 'capture-unknown') return repeat(captureGivenUp(payment));
  return undefined;
}

/** The answer to a capture whose outcome stayed unknown, once all of the payment is released. */
export function captureGivenUp(payment: PaymentState): PaymentEvent {
  const detail = `The provider ${doubtOf(payment, 'captured')}: it was released.`;
  return { type: 'PaymentCaptureRejected', data: { detail } };
}

export function doubtOf({ parked: figures }: PaymentState, done: 'authorised' | 'captured'): string {
  return figures === undefined
    ? `did not say in time whether it ${done} the payment`
    : `${done} another amount than ours`;
}

export function repeat(answer: { readonly type: string; readonly data: object }): Decided<PaymentEvent> {
  return { type: 'AnswerRepeated', data: {}, emits: [answer] };
}
