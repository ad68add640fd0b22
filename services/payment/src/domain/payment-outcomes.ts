import type { Decided } from '@checkout/event-log';
import { assertNever } from '@checkout/kernel';
import {
  captureGivenUp,
  doubtOf,
  type PaymentEvent,
  type PaymentRequest,
  type PaymentState,
  type ReleaseReason,
  releaseTimer,
  resolveTimer,
} from './payment.ts';

/** What a provider's answer may be; the same words as the gateway's. */
type Unsettled = { readonly kind: 'unavailable' | 'unknown'; readonly reason: string };
export type AuthorizationResult =
  | { readonly kind: 'approved'; readonly authorizationId: string; readonly amount: number; readonly currency: string }
  | { readonly kind: 'declined'; readonly code: 'payment-declined' | 'insufficient-funds'; readonly detail: string }
  | Unsettled;
export type CaptureResult =
  | { readonly kind: 'captured'; readonly captureId: string; readonly amount: number; readonly currency: string }
  | { readonly kind: 'rejected'; readonly detail: string }
  | Unsettled;

export type AnswerContext = {
  readonly orderId: string;
  /** The saga's try that is answered, when a command asked. */
  readonly attempt?: number;
  readonly unknownDeadlineMs: number;
};

type Events = readonly Decided<PaymentEvent>[];

/**
 * What follows from the provider's answer to an authorisation. Nothing does once the door is closed, or when it has been
 * answered before: API and webhook may race, and the first one counts. Nor does anything follow for a parked payment.
 */
export function authorizationAnswered(
  payment: PaymentState,
  request: PaymentRequest,
  result: AuthorizationResult,
  context: AnswerContext,
): Events {
  if (payment.parked !== undefined || (payment.status !== 'NONE' && payment.status !== 'AUTHORIZING')) return [];
  switch (result.kind) {
    case 'approved': {
      if (result.amount !== request.amount || result.currency !== request.currency)
        return parked(result.amount, request, 'authorize-unknown', context);
      const { authorizationId, amount, currency } = result;
      return [{ type: 'PaymentApproved', data: { authorizationId, amount, currency }, timer: null }];
    }
    case 'declined':
      return [{ type: 'PaymentDeclined', data: { code: result.code, detail: result.detail }, timer: null }];
    case 'unavailable':
    case 'unknown':
      if (payment.status === 'AUTHORIZING') return [];
      if (result.kind === 'unavailable' && context.attempt !== undefined) {
        return [unavailable('authorize', context.attempt, result.reason)];
      }
      return [
        {
          type: 'AuthorizationPending',
          data: { ...request, reason: result.reason },
          timer: resolveTimer(context.orderId, { rounds: 0, waitedMs: 0 }, context.unknownDeadlineMs),
        },
      ];
    default:
      return assertNever(result);
  }
}

export function captureAnswered(payment: PaymentState, result: CaptureResult, context: AnswerContext): Events {
  if (payment.parked !== undefined || (payment.status !== 'AUTHORIZED' && payment.status !== 'CAPTURING')) return [];
  switch (result.kind) {
    case 'captured': {
      if (result.amount !== payment.amount || result.currency !== payment.currency)
        return parked(result.amount, payment, 'capture-unknown', context);
      const { captureId, amount, currency } = result;
      return [{ type: 'PaymentCaptured', data: { captureId, amount, currency }, timer: null }];
    }
    case 'rejected':
      return [{ type: 'PaymentCaptureRejected', data: { detail: result.detail }, timer: null }];
    case 'unavailable':
    case 'unknown':
      if (payment.status === 'CAPTURING') return [];
      if (result.kind === 'unavailable' && context.attempt !== undefined) {
        return [unavailable('capture', context.attempt, result.reason)];
      }
      return [
        {
          type: 'CapturePending',
          data: { reason: result.reason },
          timer: resolveTimer(context.orderId, { rounds: 0, waitedMs: 0 }, context.unknownDeadlineMs),
        },
      ];
    default:
      return assertNever(result);
  }
}

/** What follows from a release that the provider confirmed. */
export function releaseConfirmed(
  payment: PaymentState,
  totals: { readonly voided: number; readonly refunded: number },
): Events {
  if (payment.status !== 'RELEASING') return [];
  switch (payment.reason) {
    case 'saga':
      return [{ type: 'PaymentReleased', data: totals, timer: null }];
    case 'authorize-unknown': {
      const detail = `The provider ${doubtOf(payment, 'authorised')}: it was voided.`;
      return [{ type: 'PaymentDeclined', data: { code: 'payment-outcome-unknown', detail }, timer: null }];
    }
    case 'capture-unknown':
      return [{ type: 'PaymentReleased', data: totals, timer: null, emits: [captureGivenUp(payment)] }];
    default:
      return assertNever(payment.reason);
  }
}

/**
 * The provider has a figure that is not ours. Whatever it means, nothing more is charged on it: the door is closed as behind an
 * outcome that stays unknown, and a person gets to know.
 */
function parked(
  actual: number,
  asked: { readonly amount: number; readonly currency: string },
  why: ReleaseReason,
  { orderId }: AnswerContext,
): Events {
  const reason = `the provider has ${actual}, we asked for ${asked.amount} ${asked.currency}`;
  return [
    { type: 'PaymentParked', data: { reason } },
    { type: 'PaymentReleaseStarted', data: { reason: why }, timer: releaseTimer(orderId, 0) },
  ];
}

export function unavailable(
  operation: 'authorize' | 'capture' | 'release',
  attempt: number,
  reason: string,
): Decided<PaymentEvent> {
  return { type: 'PaymentUnavailable', data: { attempt, operation, reason } };
}
