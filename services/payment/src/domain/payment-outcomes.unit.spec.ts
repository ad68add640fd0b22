import type { Decided } from '@checkout/event-log';
import { describe, expect, it } from 'vitest';
import {
  amount,
  approved,
  captured,
  histories,
  historyNames,
  type HistoryName,
  paymentIn,
  request,
  stateAfter,
} from '../../test/payment.fixture.ts';
import type { PaymentEvent } from './payment.ts';
import {
  type AuthorizationResult,
  authorizationAnswered,
  captureAnswered,
  type CaptureResult,
  releaseConfirmed,
} from './payment-outcomes.ts';

const orderId = '0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01';
const unknownDeadlineMs = 900_000;
/** An answer to the saga's third try, and one that came later. */
const toCommand = { orderId, attempt: 3, unknownDeadlineMs };
const afterwards = { orderId, unknownDeadlineMs };

const typesOf = (events: readonly Decided<PaymentEvent>[]) => events.map(({ type }) => type);
/** What an answer leads to, state by state; states in which it leads to nothing are left out. */
const byState = (answered: (name: HistoryName) => readonly Decided<PaymentEvent>[]) =>
  Object.fromEntries(
    historyNames.flatMap((name) => {
      const types = typesOf(answered(name));
      return types.length === 0 ? [] : [[name, types]];
    }),
  );

const yes: AuthorizationResult = { kind: 'approved', ...approved };
const taken: CaptureResult = { kind: 'captured', ...captured };
const down = { kind: 'unavailable', reason: 'connect-failed' } as const;
const open = { kind: 'unknown', reason: 'timeout' } as const;

describe('an answer to an authorisation', () => {
  const answer = (result: AuthorizationResult, context: typeof afterwards & { attempt?: number } = toCommand) =>
    byState((name) => authorizationAnswered(paymentIn(name), request, result, context));

  it.each([
    ['approved', yes, 'PaymentApproved'],
    ['declined', { kind: 'declined', code: 'insufficient-funds', detail: 'no money' } as const, 'PaymentDeclined'],
  ] as const)(
    '%s counts while it is awaited, and once the door is closed or it is answered no more',
    (_n, result, type) => {
      expect(answer(result)).toEqual({ NONE: [type], AUTHORIZING: [type] });
      expect(answer(result, afterwards)).toEqual({ NONE: [type], AUTHORIZING: [type] });
    },
  );

  it('that is unknown is resolved, and goes on being so', () => {
    expect(answer(open)).toEqual({ NONE: ['AuthorizationPending'] });
    expect(answer(open, afterwards)).toEqual({ NONE: ['AuthorizationPending'] });
  });

  it('that is unavailable is told to the try that asked, and to nobody else', () => {
    expect(answer(down)).toEqual({ NONE: ['PaymentUnavailable'] });
    expect(answer(down, afterwards)).toEqual({ NONE: ['AuthorizationPending'] });
    expect(authorizationAnswered(paymentIn('NONE'), request, down, toCommand)).toMatchObject([
      { data: { attempt: 3, operation: 'authorize', reason: 'connect-failed' } },
    ]);
  });

  it('keeps what was asked while it is unknown, with a timer', () => {
    expect(authorizationAnswered(paymentIn('NONE'), request, open, toCommand)).toMatchObject([
      { data: { ...request, reason: 'timeout' }, timer: { kind: 'resolve' } },
    ]);
  });

  it('ends the timer when it is definite', () => {
    expect(authorizationAnswered(paymentIn('AUTHORIZING'), request, yes, afterwards)).toEqual([
      { type: 'PaymentApproved', data: approved, timer: null },
    ]);
  });

  it.each([
    ['another amount', { ...yes, amount: amount + 1 }],
    ['another currency', { ...yes, currency: 'USD' }],
  ] as const)('of %s parks the payment and closes the door, with a timer', (_name, result) => {
    const parked = ['PaymentParked', 'PaymentReleaseStarted'];
    expect(answer(result)).toEqual({ NONE: parked, AUTHORIZING: parked });
    expect(authorizationAnswered(paymentIn('AUTHORIZING'), request, result, afterwards).at(-1)).toMatchObject({
      data: { reason: 'authorize-unknown' },
      timer: { kind: 'release' },
    });
  });
});

describe('an answer to a capture', () => {
  const answer = (result: CaptureResult, context: typeof afterwards & { attempt?: number } = toCommand) =>
    byState((name) => captureAnswered(paymentIn(name), result, context));

  it.each([
    ['captured', taken, 'PaymentCaptured'],
    ['rejected', { kind: 'rejected', detail: 'the issuer says no' } as const, 'PaymentCaptureRejected'],
  ] as const)(
    '%s counts while it is awaited, and once the door is closed or it is answered no more',
    (_n, result, type) => {
      expect(answer(result)).toEqual({ AUTHORIZED: [type], CAPTURING: [type] });
      expect(answer(result, afterwards)).toEqual({ AUTHORIZED: [type], CAPTURING: [type] });
    },
  );

  it('that is unknown is resolved, and goes on being so', () => {
    expect(answer(open)).toEqual({ AUTHORIZED: ['CapturePending'] });
  });

  it('that is unavailable is told to the try that asked, and to nobody else', () => {
    expect(answer(down)).toEqual({ AUTHORIZED: ['PaymentUnavailable'] });
    expect(answer(down, afterwards)).toEqual({ AUTHORIZED: ['CapturePending'] });
  });

  it.each([
    ['another amount', { ...taken, amount: 1 }],
    ['another currency', { ...taken, currency: 'USD' }],
  ] as const)('of %s parks the payment and closes the door, with a timer', (_name, result) => {
    const parked = ['PaymentParked', 'PaymentReleaseStarted'];
    expect(answer(result)).toEqual({ AUTHORIZED: parked, CAPTURING: parked });
    expect(captureAnswered(paymentIn('CAPTURING'), result, afterwards).at(-1)).toMatchObject({
      data: { reason: 'capture-unknown' },
      timer: { kind: 'release' },
    });
  });
});

it('no answer counts for a parked payment: a person looks at it', () => {
  const parked: PaymentEvent = { type: 'PaymentParked', data: { reason: 'the provider has 1' } };
  for (const result of [yes, { ...yes, amount: 1 }, open]) {
    const payment = stateAfter(...histories.AUTHORIZING, parked);
    expect(authorizationAnswered(payment, request, result, afterwards)).toEqual([]);
  }
  for (const result of [taken, { ...taken, amount: 1 }, open]) {
    expect(captureAnswered(stateAfter(...histories.CAPTURING, parked), result, afterwards)).toEqual([]);
  }
});

describe('a release that the provider confirms', () => {
  const totals = { voided: amount, refunded: 0 };

  it('is told in the words of whoever asked for it', () => {
    expect(byState((name) => releaseConfirmed(paymentIn(name), totals))).toEqual({
      'RELEASING for the saga': ['PaymentReleased'],
      'RELEASING an unknown authorisation': ['PaymentDeclined'],
      'RELEASING an unknown capture': ['PaymentReleased'],
    });
  });

  it('of an unknown authorisation is a decline with a code of its own', () => {
    expect(releaseConfirmed(paymentIn('RELEASING an unknown authorisation'), totals)).toMatchObject([
      { data: { code: 'payment-outcome-unknown' }, timer: null },
    ]);
  });

  it('of an unknown capture is a rejected capture to the saga', () => {
    expect(releaseConfirmed(paymentIn('RELEASING an unknown capture'), totals)).toMatchObject([
      { type: 'PaymentReleased', data: totals, timer: null, emits: [{ type: 'PaymentCaptureRejected' }] },
    ]);
  });

  it('ends the timer', () => {
    expect(releaseConfirmed(paymentIn('RELEASING for the saga'), totals)).toEqual([
      { type: 'PaymentReleased', data: totals, timer: null },
    ]);
  });
});
