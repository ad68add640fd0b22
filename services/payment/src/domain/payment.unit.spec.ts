import { deepFreeze } from '@checkout/event-log/testing';
import { describe, expect, it } from 'vitest';
import {
  amount,
  approved,
  captured,
  currency,
  histories,
  historyNames,
  type HistoryName,
  paymentIn,
  request,
  stateAfter,
} from '../../test/payment.fixture.ts';
import {
  authorizationAnswer,
  captureAnswer,
  evolvePayment,
  heldOf,
  initialPayment,
  type PaymentEvent,
  releaseTimer,
  resolveTimer,
} from './payment.ts';
import { paymentStream, type PaymentView } from './payment-view.ts';

const orderId = '0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01';
const nothing = { authorized: 0, captured: 0 };
const reserved = { currency, authorized: amount, captured: 0 };

describe('the state of a payment', () => {
  it.each(historyNames)('%s is reached by its events, and nothing of them is changed', (name) => {
    const events = deepFreeze(histories[name] as readonly PaymentEvent[]);
    const state = events.reduce((payment, event) => deepFreeze(evolvePayment(payment, event)), initialPayment);
    expect(state.status).toBe(name.split(' ')[0]);
  });

  it('knows what the provider held when the door was closed', () => {
    const held = Object.fromEntries(historyNames.map((name) => [name, heldOf(paymentIn(name))]));
    expect(held).toEqual({
      NONE: { currency: null, ...nothing },
      AUTHORIZING: { currency, ...nothing },
      AUTHORIZED: reserved,
      DECLINED: { currency: null, ...nothing },
      CAPTURING: reserved,
      CAPTURED: { currency, authorized: amount, captured: amount },
      CAPTURE_REJECTED: reserved,
      'RELEASING for the saga': reserved,
      'RELEASING an unknown authorisation': { currency, ...nothing },
      'RELEASING an unknown capture': reserved,
      RELEASED: reserved,
    });
  });

  it('counts the questions of the resolver and the waits between them', () => {
    const waits: PaymentEvent[] = [2_000, 4_000].map((waitedMs) => ({ type: 'OutcomeAwaited', data: { waitedMs } }));
    for (const name of ['AUTHORIZING', 'CAPTURING'] as const) {
      expect(stateAfter(...histories[name], ...waits)).toMatchObject({ status: name, rounds: 2, waitedMs: 6_000 });
    }
  });

  it('counts the tries of a release', () => {
    const tries: PaymentEvent[] = [1, 2, 3].map(() => ({ type: 'ReleaseRetried', data: {} }));
    expect(stateAfter(...histories['RELEASING for the saga'], ...tries)).toMatchObject({ rounds: 3 });
  });

  it('begins to count again when the saga closes the door once more', () => {
    const again: PaymentEvent = { type: 'PaymentReleaseStarted', data: { reason: 'saga' } };
    const history = histories['RELEASING an unknown authorisation'];
    expect(stateAfter(...history, { type: 'ReleaseRetried', data: {} }, again)).toMatchObject({
      status: 'RELEASING',
      reason: 'saga',
      rounds: 0,
    });
  });

  it('is parked for good once its figures did not fit', () => {
    const parked: PaymentEvent = { type: 'PaymentParked', data: { reason: 'the provider has 1' } };
    const after = stateAfter(parked, ...histories.RELEASED);
    expect(after).toMatchObject({ status: 'RELEASED', parked: 'the provider has 1' });
  });

  const late: readonly PaymentEvent[] = [
    { type: 'CapturePending', data: { reason: 'slow' } },
    { type: 'OutcomeAwaited', data: { waitedMs: 1 } },
    { type: 'PaymentCaptured', data: captured },
    { type: 'PaymentCaptureRejected', data: { detail: 'no' } },
    { type: 'ReleaseRetried', data: {} },
    { type: 'PaymentUnavailable', data: { attempt: 1, operation: 'capture', reason: 'down' } },
  ];
  it.each(late)('is not changed by a $type that comes too late', (event) => {
    expect(stateAfter(...histories.RELEASED, event)).toEqual(paymentIn('RELEASED'));
    expect(stateAfter(...histories.DECLINED, event)).toEqual(paymentIn('DECLINED'));
  });
});

describe('the recorded answer', () => {
  const answers = (answer: typeof authorizationAnswer) =>
    Object.fromEntries(
      historyNames.flatMap((name) => {
        const emitted = answer(paymentIn(name))?.emits?.[0];
        return emitted === undefined ? [] : [[name, emitted]];
      }),
    );

  it('to an authorisation is given again, also when the payment has gone further', () => {
    const yes = { type: 'PaymentApproved', data: approved };
    expect(answers(authorizationAnswer)).toEqual({
      AUTHORIZED: yes,
      CAPTURING: yes,
      CAPTURED: yes,
      DECLINED: { type: 'PaymentDeclined', data: { code: 'insufficient-funds', detail: 'no money' } },
    });
  });

  it('to a capture is given again', () => {
    expect(answers(captureAnswer)).toEqual({
      CAPTURED: { type: 'PaymentCaptured', data: captured },
      CAPTURE_REJECTED: { type: 'PaymentCaptureRejected', data: { detail: 'too late' } },
    });
  });

  it('evolves nothing', () => {
    for (const name of ['AUTHORIZED', 'CAPTURED'] as const) {
      expect(authorizationAnswer(paymentIn(name))?.type).toBe('AnswerRepeated');
    }
  });
});

describe('the timer of the resolver', () => {
  const waitsUntil = (deadlineMs: number) => {
    const waits: number[] = [];
    for (let waitedMs = 0; waitedMs < deadlineMs; waitedMs += waits.at(-1) ?? 0) {
      waits.push(resolveTimer(orderId, { rounds: waits.length, waitedMs }, deadlineMs).afterMs);
    }
    return waits;
  };

  it.each([1, 1_000, 20_000, 900_000, 86_400_000])('has waited exactly %i ms at the last', (deadlineMs) => {
    const waits = waitsUntil(deadlineMs);
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBe(deadlineMs);
  });

  it('asks at 2, 4, 8 … 30 s, in the upper half of each', () => {
    const ceilings = [2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
    for (const [round, ceiling] of ceilings.entries()) {
      const { kind, afterMs } = resolveTimer(orderId, { rounds: round, waitedMs: 0 }, 900_000);
      expect(kind).toBe('resolve');
      expect(afterMs).toBeLessThanOrEqual(ceiling);
      expect(afterMs).toBeGreaterThanOrEqual(ceiling / 2);
    }
  });

  it('leaves room for several questions under a short deadline', () => {
    expect(waitsUntil(20_000).length).toBeGreaterThanOrEqual(6);
  });
});

it('a release is tried at most half a minute apart, and when nothing helps for long at most ten minutes', () => {
  const waits = Array.from({ length: 100 }, (_, rounds) => releaseTimer(orderId, rounds).afterMs);
  expect(Math.max(...waits.slice(0, 40))).toBeLessThanOrEqual(30_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(600_000);
  expect(waits[99]).toBeGreaterThanOrEqual(300_000);
});

describe('our ledger', () => {
  const view = (...events: readonly PaymentEvent[]) => paymentStream.project(stateAfter(...events)).view as PaymentView;
  const figures = (name: HistoryName) => {
    const { authorized, captured: taken, voided, refunded } = view(...histories[name]);
    return [authorized, taken, voided, refunded];
  };

  it('shows authorised, captured, voided and refunded in each state', () => {
    expect(Object.fromEntries(historyNames.map((name) => [name, figures(name)]))).toEqual({
      NONE: [0, 0, 0, 0],
      AUTHORIZING: [0, 0, 0, 0],
      AUTHORIZED: [amount, 0, 0, 0],
      DECLINED: [0, 0, 0, 0],
      CAPTURING: [amount, 0, 0, 0],
      CAPTURED: [amount, amount, 0, 0],
      CAPTURE_REJECTED: [amount, 0, 0, 0],
      'RELEASING for the saga': [amount, 0, 0, 0],
      'RELEASING an unknown authorisation': [0, 0, 0, 0],
      'RELEASING an unknown capture': [amount, 0, 0, 0],
      RELEASED: [amount, 0, amount, 0],
    });
  });

  it('shows what nobody told us of once it is undone', () => {
    const { AUTHORIZING, CAPTURING } = histories;
    const started: PaymentEvent = { type: 'PaymentReleaseStarted', data: { reason: 'saga' } };
    const released = (voided: number, refunded: number): PaymentEvent => ({
      type: 'PaymentReleased',
      data: { voided, refunded },
    });
    expect(view(...AUTHORIZING, started, released(amount, 0))).toMatchObject({ authorized: amount, voided: amount });
    expect(view(...CAPTURING, started, released(0, amount))).toMatchObject({
      authorized: amount,
      captured: amount,
      voided: 0,
      refunded: amount,
    });
  });

  it('never shows the token', () => {
    for (const name of historyNames)
      expect(JSON.stringify(view(...histories[name]))).not.toContain(request.paymentToken);
  });
});
