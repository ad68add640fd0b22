import type { Failure, Message, MessageType } from '@checkout/contracts';
import { maxStreamEvents } from '@checkout/event-log';
import { specify } from '@checkout/event-log/testing';
import { describe, expect, it } from 'vitest';
import { currentDefinition } from './checkout-saga.ts';
import { createSagaDecider, type SagaCommand } from './saga.ts';
import type { SagaPolicy } from './saga-commands.ts';
import type { StepName } from './saga-definition.ts';
import type { SagaEvent } from './saga-events.ts';
import { failureOf, isActive, publicState, type Saga } from './saga-state.ts';

const orderId = '0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01';
const policy: SagaPolicy = {
  retryBaseMs: 1_000,
  retryCapMs: 60_000,
  stepTries: 3,
  undoTries: 2,
  reviewDeadlineMs: 900_000,
};
const decider = createSagaDecider(policy);
const order = {
  userId: 'u-1',
  currency: 'EUR',
  items: [{ productId: 'sku-1', quantity: 2, unitPrice: 1999 }],
  total: 3998,
  paymentToken: 'tok_approve',
  shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode: '10115', country: 'DE' },
};

/** A saga in a test: commands go in, what they emitted comes out. */
type Run = {
  readonly saga: Saga;
  readonly events: readonly SagaEvent[];
  readonly sent: readonly string[];
  readonly timer: unknown;
};

const created: SagaCommand = { type: 'OrderCreated', orderId, order };
const cancel: SagaCommand = { type: 'CancellationRequested', orderId };
const timer: SagaCommand = { type: 'TimerFired', orderId, kind: 'resend' };
const reply = (type: MessageType, data: object = {}): SagaCommand => ({
  type: 'Reply',
  orderId,
  reply: { type, data } as Pick<Message, 'type' | 'data'>,
});
const operator = (action: 'retry' | 'mark-undone' | 'mark-done', externalReference?: string): SagaCommand => ({
  type: 'Operator',
  orderId,
  action,
  note: { actor: 'j.doe', reason: 'why', ...(externalReference !== undefined && { externalReference }) },
});

/** The state after the commands, and what the last of them sent. */
function after(...commands: readonly SagaCommand[]): Run {
  let events: readonly SagaEvent[] = [];
  let sent: readonly string[] = [];
  let lastTimer: unknown;
  for (const command of commands) {
    const { answer } = specify(decider)
      .given(...events)
      .when(command);
    if (!answer.ok) throw new Error(answer.error.code);
    sent = answer.value.flatMap((event) => (event.emits ?? []).map((message) => message.type));
    lastTimer = answer.value.at(-1)?.timer;
    events = [...events, ...(answer.value as readonly SagaEvent[])];
  }
  const saga = specify(decider)
    .given(...events)
    .state();
  return { saga, events, sent, timer: lastTimer };
}

const stateOf = ({ saga }: Run) => (isActive(saga) ? publicState(saga) : 'NONE');
const statusOf = ({ saga }: Run, step: StepName) =>
  isActive(saga) ? saga.steps.find(({ name }) => name === step)?.status : undefined;
const failureIn = ({ events }: Run): Failure | undefined =>
  events.flatMap((event) => (event.type === 'CompensationStarted' ? [event.data.failure] : []))[0];

const fraudCleared = [created, reply('FraudCleared')];
const approved = [...fraudCleared, reply('PaymentApproved', { authorizationId: 'a', amount: 3998, currency: 'EUR' })];
const booked = [...approved, reply('ShipmentRequested', { shipmentId: 's' })];
const captured = [...booked, reply('PaymentCaptured', { captureId: 'c', amount: 3998, currency: 'EUR' })];
const dispatched = [...captured, reply('ShipmentDispatched')];
const delivered = [...dispatched, reply('ShipmentDelivered')];
const ended: SagaCommand = { type: 'OrderEnded', orderId };

describe('the way of an order that completes', () => {
  it.each([
    ['order created', [created], ['AssessFraud']],
    ['fraud cleared', fraudCleared, ['AuthorizePayment']],
    ['payment approved', approved, ['MarkOrderPaid', 'RequestShipment']],
    ['shipment booked', booked, ['CapturePayment']],
    ['payment captured', captured, ['DispatchShipment']],
    ['shipment dispatched', dispatched, ['MarkOrderShipped', 'AwaitDelivery']],
    ['shipment delivered', delivered, ['CompleteOrder']],
  ] as const)('on %s sends the next command', (_name, commands, sent) => {
    const run = after(...commands);
    expect(run.sent).toEqual(sent);
    expect(stateOf(run)).toBe('RUNNING');
    expect(run.timer).toMatchObject({ kind: 'resend' });
  });

  it('is over when the order has said so, and not before', () => {
    const run = after(...delivered, ended);
    expect(stateOf(run)).toBe('COMPLETED');
    expect(run.timer).toBeNull();
    expect(run.saga).toMatchObject({
      steps: currentDefinition.steps.map(({ name }) => ({ name, status: 'DONE', attempts: 1 })),
    });
  });

  it('sends all order commands again, in order, until the order answers', () => {
    expect(after(...delivered, timer).sent).toEqual(['MarkOrderPaid', 'MarkOrderShipped', 'CompleteOrder']);
  });
});

describe('a refusal', () => {
  it.each([
    [
      'fraud',
      [created],
      reply('FraudRejected', { code: 'fraud-rejected', detail: 'd' }),
      ['FailOrder'],
      'fraud-rejected',
    ],
    [
      'a reviewer',
      [created],
      reply('FraudRejected', { code: 'review-rejected', detail: 'd' }),
      ['FailOrder'],
      'review-rejected',
    ],
    [
      'the payment',
      fraudCleared,
      reply('PaymentDeclined', { code: 'insufficient-funds', detail: 'd' }),
      ['FailOrder'],
      'insufficient-funds',
    ],
    ['the carrier', approved, reply('ShipmentRejected', { detail: 'd' }), ['ReleasePayment'], 'shipment-rejected'],
    ['the capture', booked, reply('PaymentCaptureRejected', { detail: 'd' }), ['CancelShipment'], 'capture-rejected'],
    ['a lost parcel', dispatched, reply('ShipmentLost', { detail: 'd' }), ['ReleasePayment'], 'shipment-lost'],
  ] as const)('by %s undoes what was done, and nothing else', (_name, given, refusal, sent, code) => {
    const run = after(...given, refusal);
    expect(run.sent).toEqual(sent);
    expect(stateOf(run)).toBe('COMPENSATING');
    expect(failureIn(run)).toMatchObject({ code, detail: 'd' });
  });

  it('undoes in reverse, each command once, and tells the order last', () => {
    const rejected = [...booked, reply('PaymentCaptureRejected', { detail: 'd' })];
    const cancelled = [...rejected, reply('ShipmentCancelled')];
    expect(after(...cancelled).sent).toEqual(['ReleasePayment']);
    const released = [...cancelled, reply('PaymentReleased', { voided: 3998, refunded: 0 })];
    expect(after(...released).sent).toEqual(['FailOrder']);
    const run = after(...released, ended);
    expect(stateOf(run)).toBe('COMPENSATED');
    expect(statusOf(run, 'authorize-payment')).toBe('UNDONE');
    expect(statusOf(run, 'request-shipment')).toBe('UNDONE');
    expect(statusOf(run, 'capture-payment')).toBe('REFUSED');
  });

  it('to dispatch calls an operator: the money is captured', () => {
    const run = after(...captured, reply('ShipmentDispatchRefused', { detail: 'd' }));
    expect(stateOf(run)).toBe('NEEDS_OPERATOR');
    expect(run.sent).toEqual([]);
  });

  it('of a parcel given up for lost changes nothing when it arrives after all, and alerts', () => {
    const run = after(...dispatched, reply('ShipmentLost', { detail: 'd' }), reply('ShipmentDelivered'));
    expect(run.events.at(-1)).toMatchObject({ type: 'AnomalyNoted', data: { code: 'delivered-after-loss' } });
    expect(stateOf(run)).toBe('COMPENSATING');
  });
});

describe('silence', () => {
  it.each([
    ['assess-fraud', [created], 'AssessFraud'],
    ['authorize-payment', fraudCleared, 'AuthorizePayment'],
    ['request-shipment', approved, 'RequestShipment'],
    ['capture-payment', booked, 'CapturePayment'],
    ['dispatch-shipment', captured, 'DispatchShipment'],
    ['await-delivery', dispatched, 'AwaitDelivery'],
  ] as const)('at %s is no refusal: the command goes again as a new try', (step, given, command) => {
    const run = after(...given, timer, timer);
    expect(run.sent).toEqual([command]);
    expect(run.saga).toMatchObject({
      attempt: 3,
      steps: expect.arrayContaining([expect.objectContaining({ name: step, attempts: 3, status: 'RUNNING' })]),
    });
  });

  it('grows longer, up to a minute while a participant should answer', () => {
    const waits = Array.from({ length: 8 }, (_, index) => {
      const run = after(created, ...Array.from({ length: index }, () => timer));
      return (run.timer as { afterMs: number }).afterMs;
    });
    expect(waits.at(-1)).toBeLessThanOrEqual(60_000);
    expect(Math.min(...waits.slice(4))).toBeGreaterThanOrEqual(30_000);
  });
});

describe('somebody who is away for days', () => {
  const fourDaysMs = 4 * 86_400_000;
  /** How many rows there are when they are back; `says` is what comes in at every try. */
  const rowsBy = (
    untilMs: number,
    given: readonly SagaCommand[],
    says: (attempt: number) => readonly SagaCommand[],
  ) => {
    let { saga } = after(...given);
    let rows = after(...given).events.length;
    for (let waitedMs = 0; waitedMs < untilMs;) {
      const attempt = isActive(saga) ? saga.attempt : 0;
      const commands: readonly SagaCommand[] = [timer, ...says(attempt + 1)];
      for (const command of commands) {
        const decision = decider.decide(saga, command);
        const [row] = decision.ok ? decision.value : [];
        if (row === undefined) throw new Error(`${command.type} changes nothing`);
        saga = decider.evolve(saga, row as SagaEvent);
        rows += 1;
        if (command === timer && says(attempt).length > 0) continue;
        waitedMs += row.timer?.afterMs ?? untilMs;
      }
    }
    return rows;
  };
  const carrierAway = (attempt: number) => [
    reply('ShipmentUnavailable', { attempt, operation: 'dispatch', reason: 'connect-failed' }),
  ];

  it.each([
    ['a carrier that is silent', captured, () => []],
    ['a carrier that cannot be reached', captured, carrierAway],
    ['an order service that does not answer', delivered, () => []],
    ['a payment service that does not answer to a release', [...fraudCleared, cancel], () => []],
  ] as const)('leaves room in the stream for what they say then: %s', (_name, given, says) => {
    expect(rowsBy(fourDaysMs, given, says)).toBeLessThan(maxStreamEvents - 50);
  });
});

describe('unavailable', () => {
  const unavailable = (attempt: number) =>
    reply('PaymentUnavailable', { attempt, operation: 'authorize', reason: 'breaker-open' });

  it('waits and tries again', () => {
    const run = after(...fraudCleared, unavailable(1));
    expect(run.sent).toEqual([]);
    expect(run.timer).toMatchObject({ kind: 'resend' });
    expect(after(...fraudCleared, unavailable(1), timer).sent).toEqual(['AuthorizePayment']);
  });

  it('counts only for the try that it answers', () => {
    expect(after(...fraudCleared, timer, unavailable(1)).events.at(-1)?.type).toBe('CommandRepeated');
  });

  it('beyond the step’s budget gives up and undoes that step as well: nobody knows', () => {
    const tries = [1, 2, 3].flatMap((attempt) => [unavailable(attempt), timer]);
    const run = after(...fraudCleared, ...tries, unavailable(4));
    expect(run.sent).toEqual(['ReleasePayment']);
    expect(failureIn(run)).toMatchObject({ code: 'provider-unavailable', step: 'authorize-payment' });
  });

  it('of what was asked before does not use up the tries of what undoes it', () => {
    const gone = [...fraudCleared, cancel];
    const run = after(...gone, unavailable(1));
    expect(run.saga).toEqual(after(...gone).saga);
    expect(run.timer).toBeUndefined();
  });

  it('never gives up behind the pivot', () => {
    const away = (attempt: number) => reply('ShipmentUnavailable', { attempt, operation: 'dispatch', reason: 'reset' });
    const tries = Array.from({ length: 20 }, (_, index) => [away(index + 1), timer]).flat();
    expect(stateOf(after(...captured, ...tries))).toBe('RUNNING');
  });
});

describe('a late or repeated reply', () => {
  it.each([
    [
      'the same answer again',
      [...approved, reply('PaymentApproved', { authorizationId: 'a', amount: 3998, currency: 'EUR' })],
    ],
    [
      'an approval while undoing',
      [...fraudCleared, cancel, reply('PaymentApproved', { authorizationId: 'a', amount: 1, currency: 'EUR' })],
    ],
    ['an answer after the end', [...delivered, ended, reply('ShipmentDispatched')]],
    ['a second announcement', [created, created]],
  ] as const)('%s changes nothing', (_name, commands) => {
    const before = after(...commands.slice(0, -1));
    const run = after(...commands);
    expect(run.saga).toEqual(before.saga);
    expect(run.sent).toEqual([]);
  });
});

describe('review', () => {
  const waiting = [created, reply('FraudReviewRequested', { reason: 'r' })];

  it('waits for a person until the deadline', () => {
    const run = after(...waiting);
    expect(stateOf(run)).toBe('WAITING_REVIEW');
    expect(run.timer).toEqual({ kind: 'review', afterMs: policy.reviewDeadlineMs });
  });

  it('goes on when approved', () =>
    expect(after(...waiting, reply('FraudCleared')).sent).toEqual(['AuthorizePayment']));

  it('expires, and takes itself off the reviewers’ list', () => {
    const run = after(...waiting, { type: 'TimerFired', orderId, kind: 'review' });
    expect(run.sent).toEqual(['WithdrawReview', 'FailOrder']);
    expect(failureIn(run)?.code).toBe('review-expired');
  });

  it.each([
    ['closes', []],
    ['is closed', [ended]],
  ] as const)('that is still asked for when the saga %s is withdrawn again', (_when, events) => {
    const again = reply('FraudReviewRequested', { reason: 'r' });
    const run = after(...waiting, { type: 'TimerFired', orderId, kind: 'review' }, ...events, again);
    expect(run.sent).toEqual(['WithdrawReview']);
    expect(run.events.at(-1)).toMatchObject({ type: 'AnswerRepeated' });
  });
});

describe('a cancellation', () => {
  it.each([
    ['assess-fraud', [created], ['WithdrawReview', 'CancelOrder']],
    ['review', [created, reply('FraudReviewRequested', { reason: 'r' })], ['WithdrawReview', 'CancelOrder']],
    ['authorize-payment', fraudCleared, ['ReleasePayment']],
    ['request-shipment', approved, ['CancelShipment']],
  ] as const)('in %s undoes all, that step included', (_step, given, sent) => {
    const run = after(...given, cancel);
    expect(run.sent).toEqual(sent);
    expect(failureIn(run)?.code).toBe('customer-cancelled');
    expect(run.events.at(-1)).toMatchObject({ data: { end: 'CancelOrder' } });
  });

  it('decides the end also when the step is refused meanwhile', () => {
    const run = after(
      ...approved,
      cancel,
      reply('ShipmentRejected', { detail: 'd' }),
      reply('ShipmentCancelled'),
      reply('PaymentReleased', { voided: 1, refunded: 0 }),
    );
    expect(run.sent).toEqual(['CancelOrder']);
  });

  it('at the pivot waits for the reply: rejected is cancelled', () => {
    const run = after(...booked, cancel, reply('PaymentCaptureRejected', { detail: 'd' }));
    expect(run.events.at(-1)).toMatchObject({ data: { end: 'CancelOrder' } });
  });

  it('at the pivot waits for the reply: captured is too late, and the order goes on', () => {
    const run = after(...booked, cancel, reply('PaymentCaptured', { captureId: 'c', amount: 3998, currency: 'EUR' }));
    expect(run.sent).toEqual(['RefuseCancellation', 'DispatchShipment']);
    const lost = after(
      ...booked,
      cancel,
      reply('PaymentCaptured', { captureId: 'c', amount: 1, currency: 'EUR' }),
      reply('ShipmentDispatched'),
      reply('ShipmentLost', { detail: 'd' }),
    );
    expect(lost.events.at(-1)).toMatchObject({ data: { end: 'FailOrder' } });
  });

  it('behind the pivot is refused at once', () =>
    expect(after(...captured, cancel).sent).toEqual(['RefuseCancellation']));

  it('that crosses the order’s completion is refused as well: no customer waits for an answer for ever', () => {
    const run = after(...delivered, cancel);
    expect(run.sent).toEqual(['RefuseCancellation']);
    expect(stateOf(after(...delivered, cancel, ended))).toBe('COMPLETED');
  });
});

/** What a participant that stays away says to each try of a compensation. */
const untilGivenUp = (away: (attempt: number) => SagaCommand): readonly SagaCommand[] => [
  ...[1, 2].flatMap((attempt) => [away(attempt), timer]),
  away(3),
];

describe('a compensation that keeps failing', () => {
  const away = (attempt: number) =>
    reply('PaymentUnavailable', { attempt, operation: 'release', reason: 'status-500' });
  const stuck = [...approved, reply('ShipmentRejected', { detail: 'd' }), ...untilGivenUp(away)];

  it('calls an operator', () => {
    const run = after(...stuck);
    expect(stateOf(run)).toBe('NEEDS_OPERATOR');
    expect(run.timer).toBeNull();
    expect(statusOf(run, 'authorize-payment')).toBe('FAILED');
  });

  it('goes on when retried', () => {
    const run = after(...stuck, operator('retry'));
    expect(run.sent).toEqual(['ReleasePayment']);
    expect(after(...stuck, operator('retry'), reply('PaymentReleased', { voided: 1, refunded: 0 })).sent).toEqual([
      'FailOrder',
    ]);
  });

  it('goes on by itself when the answer comes after all', () => {
    expect(after(...stuck, reply('PaymentReleased', { voided: 1, refunded: 0 })).sent).toEqual(['FailOrder']);
  });

  it('marked undone asks the provider, which may disagree', () => {
    const claimed = [...stuck, operator('mark-undone')];
    expect(after(...claimed).sent).toEqual(['ReleasePayment']);
    const refused = after(...claimed, away(4));
    expect(stateOf(refused)).toBe('NEEDS_OPERATOR');
    expect(after(...claimed, reply('PaymentReleased', { voided: 0, refunded: 0 })).sent).toEqual(['FailOrder']);
  });

  it('settled elsewhere ends the order with that code', () => {
    const run = after(...stuck, operator('mark-undone', 'transfer 4711'));
    expect(run.sent).toEqual(['FailOrder']);
    expect(run.events.at(-1)).toMatchObject({ data: { failure: { code: 'settled-externally' } } });
  });

  it('settled elsewhere still undoes the rest', () => {
    const carrierAway = (attempt: number) =>
      reply('ShipmentUnavailable', { attempt, operation: 'cancel', reason: 'status-500' });
    const settled = [
      ...booked,
      reply('PaymentCaptureRejected', { detail: 'd' }),
      ...untilGivenUp(carrierAway),
      operator('mark-undone', 'ticket 12'),
    ];
    const run = after(...settled);
    expect(run.sent).toEqual(['ReleasePayment']);
    expect([statusOf(run, 'request-shipment'), statusOf(run, 'authorize-payment')]).toEqual(['UNDONE', 'UNDOING']);
    const released = after(...settled, reply('PaymentReleased', { voided: 1, refunded: 0 }));
    expect(released.sent).toEqual(['FailOrder']);
    expect(isActive(released.saga) && failureOf(released.saga)?.code).toBe('settled-externally');
    // An instance of the release before goes on as well: it knows this event, and does not look at all of it.
    expect(run.events.at(-1)).toMatchObject({
      type: 'CompensationStarted',
      data: {
        outcome: 'refused',
        undo: ['ReleasePayment'],
        end: 'FailOrder',
        note: { externalReference: 'ticket 12' },
      },
    });
  });

  it('is not for mark-done', () =>
    expect(() => after(...stuck, operator('mark-done'))).toThrow('action-not-applicable'));
});

describe('a refused dispatch', () => {
  const stuck = [...captured, reply('ShipmentDispatchRefused', { detail: 'd' })];
  it('retried sends the command again', () =>
    expect(after(...stuck, operator('retry')).sent).toEqual(['DispatchShipment']));
  it('marked done goes on', () =>
    expect(after(...stuck, operator('mark-done')).sent).toEqual(['MarkOrderShipped', 'AwaitDelivery']));
  it('marked undone gives the money back', () =>
    expect(after(...stuck, operator('mark-undone')).sent).toEqual(['ReleasePayment']));
  it('marked undone, with the money given back elsewhere, lets the parcel go', () =>
    expect(after(...stuck, operator('mark-undone', 'transfer 4711')).sent).toEqual(['CancelShipment']));
});

describe('a delivery that nobody hears of any more', () => {
  const released = reply('PaymentReleased', { voided: 0, refunded: 3998 });

  it('retried asks for it again, as a new try', () => {
    const run = after(...dispatched, operator('retry'));
    expect(run.sent).toEqual(['AwaitDelivery']);
    expect(run.timer).toMatchObject({ kind: 'resend' });
    expect(run.saga).toMatchObject({ attempt: 2 });
    expect([stateOf(run), statusOf(run, 'await-delivery')]).toEqual(['RUNNING', 'RUNNING']);
  });

  it('marked done completes the order', () => {
    const marked = [...dispatched, operator('mark-done')];
    expect(after(...marked).sent).toEqual(['CompleteOrder']);
    const run = after(...marked, ended);
    expect([stateOf(run), statusOf(run, 'await-delivery')]).toEqual(['COMPLETED', 'DONE']);
    expect(after(...marked, cancel).sent).toEqual(['RefuseCancellation']);
  });

  it('marked undone is a parcel that got lost, and the note is kept', () => {
    const marked = [...dispatched, operator('mark-undone')];
    const run = after(...marked);
    expect(run.sent).toEqual(['ReleasePayment']);
    expect(failureIn(run)).toMatchObject({ code: 'shipment-lost', step: 'await-delivery' });
    expect(run.events.at(-1)).toMatchObject({ data: { note: { actor: 'j.doe', reason: 'why' } } });
    expect(after(...marked, released).sent).toEqual(['FailOrder']);
    expect(after(...marked, reply('ShipmentDelivered')).events.at(-1)?.type).toBe('AnomalyNoted');
  });

  it('marked undone, with the money given back elsewhere, ends the order with that code', () => {
    const marked = [...dispatched, operator('mark-undone', 'transfer 4711')];
    const run = after(...marked);
    expect(run.sent).toEqual(['FailOrder']);
    expect(isActive(run.saga) && failureOf(run.saga)?.code).toBe('settled-externally');
    expect([statusOf(run, 'await-delivery'), statusOf(run, 'capture-payment')]).toEqual(['REFUSED', 'UNDONE']);
    expect(stateOf(after(...marked, ended))).toBe('COMPENSATED');
  });

  it.each(['mark-done', 'mark-undone'] as const)('%s says nothing against what has been heard', (action) => {
    expect(() => after(...delivered, operator(action))).toThrow('saga-not-stuck');
    const lost = reply('ShipmentLost', { detail: 'd' });
    expect(() => after(...dispatched, lost, operator(action))).toThrow('saga-not-stuck');
  });

  it('may follow a dispatch by other means', () => {
    const byHand = [...captured, reply('ShipmentDispatchRefused', { detail: 'd' }), operator('mark-done')];
    expect(after(...byHand, operator('mark-done')).sent).toEqual(['CompleteOrder']);
    expect(after(...byHand, operator('mark-undone')).sent).toEqual(['ReleasePayment']);
  });
});

it.each([
  ['assess-fraud', [created]],
  ['a review', [created, reply('FraudReviewRequested', { reason: 'r' })]],
  ['authorize-payment', fraudCleared],
  ['request-shipment', approved],
  ['capture-payment', booked],
  ['dispatch-shipment', captured],
  ['an undoing', [...fraudCleared, cancel]],
  ['the last word', delivered],
] as const)('an operator has nothing to do where nothing is stuck: %s', (_name, given) => {
  for (const action of ['retry', 'mark-done', 'mark-undone'] as const) {
    expect(() => after(...given, operator(action))).toThrow('saga-not-stuck');
  }
});
