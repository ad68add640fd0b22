import { type Decision, refused } from './answer.ts';
import { behaviourOf, type DeclineReason } from './test-token.ts';

/**
 * What the PSP's books say about one reference. Amounts are minor units, cumulative and never lowered: live is authorized -
 * captured - voided, net is captured - refunded.
 */
export type Payment = {
  readonly reference: string;
  /** `XXX`, the code for "no currency", for a void of what was never authorised. */
  readonly currency: string;
  readonly token: string;
  /** `voided` also bars whatever is still on its way: it is the tombstone. */
  readonly authorization: 'none' | 'approved' | 'declined' | 'voided';
  readonly declineReason?: DeclineReason;
  readonly capture: 'none' | 'captured' | 'rejected';
  /** Of the last approved authorisation; a capture must be for exactly this much. */
  readonly approvedAmount: number;
  readonly authorized: number;
  readonly captured: number;
  readonly refunded: number;
  readonly voided: number;
};

export type Charge = { readonly reference: string; readonly amount: number; readonly currency: string };

type Decided = Decision<Payment>;

/**
 * Holds money. A second authorisation under another key is a second hold, as at a real PSP: a shop that asks twice with two
 * keys must be seen to have done so.
 */
export function authorize(
  payment: Payment | undefined,
  charge: Charge & { readonly token: string },
  id: string,
): Decided {
  const { reference, amount, currency, token } = charge;
  const before = payment ?? emptyPayment(reference, currency, token);
  const notice = (type: 'authorization.approved' | 'authorization.declined') => [{ type, reference, amount, currency }];
  if (before.authorization === 'voided') {
    return refused('payment-declined', 'the reference was voided', notice('authorization.declined'));
  }
  const { decline } = behaviourOf(token);
  if (decline !== undefined) {
    const isFirst = before.authorization === 'none';
    const state: Payment = { ...before, token, authorization: 'declined', declineReason: decline.reason };
    return {
      ...refused<Payment>(decline.reason, decline.detail, notice('authorization.declined')),
      ...((isFirst || before.authorization === 'declined') && { state }),
    };
  }
  const { declineReason: _, ...rest } = before;
  return {
    state: {
      ...rest,
      token,
      currency,
      authorization: 'approved',
      approvedAmount: amount,
      authorized: before.authorized + amount,
    },
    answer: { kind: 'done', status: 201, body: { id, reference, status: 'approved', amount, currency } },
    notices: notice('authorization.approved'),
  };
}

/** Takes the money that was held. */
export function capture(payment: Payment | undefined, { reference, amount, currency }: Charge, id: string): Decided {
  const obstacle = captureObstacle(payment, amount, currency);
  if (payment === undefined || obstacle !== undefined) {
    const rejected = refused<Payment>('capture-rejected', obstacle ?? 'there is no such payment', [
      { type: 'capture.rejected', reference, amount, currency },
    ]);
    return payment === undefined || payment.capture === 'captured'
      ? rejected
      : { ...rejected, state: { ...payment, capture: 'rejected' } };
  }
  return {
    state: { ...payment, capture: 'captured', captured: payment.captured + amount },
    answer: { kind: 'done', status: 201, body: { id, reference, status: 'captured', amount, currency } },
    notices: [{ type: 'capture.succeeded', reference, amount, currency }],
  };
}

/**
 * Ends the live authorisation. Also works before it has landed: the tombstone that it leaves has everything that lands later
 * declined. Repeating it gives the same answer.
 */
export function voidAuthorization(payment: Payment | undefined, reference: string): Decided {
  const before = payment ?? emptyPayment(reference, noCurrency, '');
  const live = liveAmount(before);
  if (before.captured > 0 && live === 0) {
    return refused('already-captured', 'the payment was captured: refund it instead');
  }
  const state: Payment = { ...before, authorization: 'voided', voided: before.voided + live };
  const notice = { type: 'authorization.voided', reference, amount: state.voided, currency: state.currency } as const;
  return {
    state,
    answer: { kind: 'done', status: 200, body: { reference, status: 'voided', voided: state.voided } },
    notices: [notice],
  };
}

/** Gives captured money back, at most as much as was captured and not given back yet. */
export function refund(payment: Payment | undefined, { reference, amount, currency }: Charge): Decided {
  if (payment === undefined || payment.currency !== currency || amount > payment.captured - payment.refunded) {
    return refused('refund-rejected', 'more than was captured and not refunded yet, or in another currency');
  }
  const state: Payment = { ...payment, refunded: payment.refunded + amount };
  return {
    state,
    answer: { kind: 'done', status: 201, body: { reference, status: 'refunded', refunded: amount, currency } },
    notices: [{ type: 'refund.succeeded', reference, amount, currency }],
  };
}

function liveAmount({ authorized, captured, voided }: Payment): number {
  return authorized - captured - voided;
}

const noCurrency = 'XXX';

function emptyPayment(reference: string, currency: string, token: string): Payment {
  return {
    reference,
    currency,
    token,
    authorization: 'none',
    capture: 'none',
    approvedAmount: 0,
    authorized: 0,
    captured: 0,
    refunded: 0,
    voided: 0,
  };
}

/** Why a capture cannot be made; `undefined` when it can. */
function captureObstacle(payment: Payment | undefined, amount: number, currency: string): string | undefined {
  if (payment === undefined || payment.authorization === 'none') return 'there is no authorisation';
  if (payment.authorization === 'declined') return 'the authorisation was declined';
  if (payment.authorization === 'voided') return 'the authorisation was voided';
  // What an earlier authorisation left live is another hold, of another amount.
  if (liveAmount(payment) < payment.approvedAmount) return 'the authorisation has been captured';
  if (payment.currency !== currency) return `the authorisation is in ${payment.currency}`;
  if (payment.approvedAmount !== amount) return `the authorisation is for ${payment.approvedAmount}`;
  if (behaviourOf(payment.token).rejectsCapture) return 'the issuer rejected the capture';
  return undefined;
}
