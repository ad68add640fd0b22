import { evolvePayment, initialPayment, type PaymentEvent, type PaymentState } from '../src/domain/payment.ts';

export const amount = 3_998;
export const currency = 'EUR';
export const request = { amount, currency, paymentToken: 'tok_approve' } as const;

export const approved = { authorizationId: 'a-1', amount, currency } as const;
export const captured = { captureId: 'c-1', amount, currency } as const;

const pending: PaymentEvent = { type: 'AuthorizationPending', data: { ...request, reason: 'slow' } };
const authorized: PaymentEvent = { type: 'PaymentApproved', data: approved };
const capturing: PaymentEvent = { type: 'CapturePending', data: { reason: 'slow' } };
const taken: PaymentEvent = { type: 'PaymentCaptured', data: captured };
const releasing = (reason: 'saga' | 'authorize-unknown' | 'capture-unknown'): PaymentEvent => ({
  type: 'PaymentReleaseStarted',
  data: { reason },
});

/** The way into each state. `RELEASING` has one for each reason why the door was closed. */
export const histories = {
  NONE: [],
  AUTHORIZING: [pending],
  AUTHORIZED: [authorized],
  DECLINED: [{ type: 'PaymentDeclined', data: { code: 'insufficient-funds', detail: 'no money' } }],
  CAPTURING: [authorized, capturing],
  CAPTURED: [authorized, taken],
  CAPTURE_REJECTED: [authorized, { type: 'PaymentCaptureRejected', data: { detail: 'too late' } }],
  'RELEASING for the saga': [authorized, releasing('saga')],
  'RELEASING an unknown authorisation': [pending, releasing('authorize-unknown')],
  'RELEASING an unknown capture': [authorized, capturing, releasing('capture-unknown')],
  RELEASED: [authorized, releasing('saga'), { type: 'PaymentReleased', data: { voided: amount, refunded: 0 } }],
} as const satisfies Record<string, readonly PaymentEvent[]>;

export type HistoryName = keyof typeof histories;
export const historyNames = Object.keys(histories) as readonly HistoryName[];

export function stateAfter(...events: readonly PaymentEvent[]): PaymentState {
  return events.reduce(evolvePayment, initialPayment);
}

export const paymentIn = (name: HistoryName): PaymentState => stateAfter(...histories[name]);
