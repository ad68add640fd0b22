import { specify } from '@checkout/event-log/testing';
import { describe, expect, it } from 'vitest';
import { type OrderCommand, orderDecider, type OrderDetails, type OrderEvent } from './order.ts';

const details: OrderDetails = {
  userId: 'u-1',
  currency: 'EUR',
  items: [{ productId: 'sku-1', quantity: 2, unitPrice: 1999 }],
  total: 3998,
  paymentToken: 'tok_approve',
  shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode: '10115', country: 'DE' },
};
const failure = { code: 'payment-declined', step: 'authorize-payment', detail: 'd' } as const;

const created: OrderEvent = { type: 'OrderCreated', data: details };
const paid: OrderEvent = { type: 'OrderPaid', data: {} };
const shipped: OrderEvent = { type: 'OrderShipped', data: {} };
const completed: OrderEvent = { type: 'OrderCompleted', data: {} };
const failed: OrderEvent = { type: 'OrderFailed', data: { failure } };
const cancelled: OrderEvent = { type: 'OrderCancelled', data: { failure } };

const histories = {
  NONE: [],
  CREATED: [created],
  PAID: [created, paid],
  SHIPPED: [created, paid, shipped],
  COMPLETED: [created, paid, shipped, completed],
  FAILED: [created, failed],
  CANCELLED: [created, cancelled],
} as const satisfies Record<string, readonly OrderEvent[]>;

const commands: Readonly<Record<string, OrderCommand>> = {
  MarkOrderPaid: { type: 'MarkOrderPaid' },
  MarkOrderShipped: { type: 'MarkOrderShipped' },
  CompleteOrder: { type: 'CompleteOrder' },
  FailOrder: { type: 'FailOrder', failure },
  CancelOrder: { type: 'CancelOrder', failure },
  RequestCancellation: { type: 'RequestCancellation' },
};

/** What each command leads to in each state: the events' types, `again` for what was done before, or a refusal's code. */
const no = 'order-transition-refused';
const late = 'order-not-cancellable';
const table: Readonly<Record<string, Readonly<Record<keyof typeof histories, string>>>> = {
  MarkOrderPaid: {
    NONE: no,
    CREATED: 'OrderPaid',
    PAID: 'again',
    SHIPPED: 'again',
    COMPLETED: 'again',
    FAILED: 'again',
    CANCELLED: 'again',
  },
  MarkOrderShipped: {
    NONE: no,
    CREATED: 'OrderPaid OrderShipped',
    PAID: 'OrderShipped',
    SHIPPED: 'again',
    COMPLETED: 'again',
    FAILED: 'again',
    CANCELLED: 'again',
  },
  CompleteOrder: {
    NONE: no,
    CREATED: 'OrderPaid OrderShipped OrderCompleted',
    PAID: 'OrderShipped OrderCompleted',
    SHIPPED: 'OrderCompleted',
    COMPLETED: 'again',
    FAILED: no,
    CANCELLED: no,
  },
  FailOrder: {
    NONE: no,
    CREATED: 'OrderFailed',
    PAID: 'OrderFailed',
    SHIPPED: 'OrderFailed',
    COMPLETED: no,
    FAILED: 'again',
    CANCELLED: no,
  },
  CancelOrder: {
    NONE: no,
    CREATED: 'OrderCancelled',
    PAID: 'OrderCancelled',
    SHIPPED: no,
    COMPLETED: no,
    FAILED: no,
    CANCELLED: 'again',
  },
  RequestCancellation: {
    NONE: 'order-not-found',
    CREATED: 'OrderCancellationRequested',
    PAID: 'OrderCancellationRequested',
    SHIPPED: late,
    COMPLETED: late,
    FAILED: late,
    CANCELLED: late,
  },
};

describe.each(Object.entries(table))('%s', (command, expected) => {
  it.each(Object.entries(expected))('when %s: %s', (status, outcome) => {
    const history = histories[status as keyof typeof histories];
    const { answer } = specify(orderDecider)
      .given(...history)
      .when(commands[command] as OrderCommand);
    const seen = answer.ok ? answer.value.map(({ type }) => type).join(' ') : answer.error.code;
    expect(seen).toBe(outcome === 'again' ? 'AnswerRepeated' : outcome);
  });
});

describe('placing', () => {
  it('creates the order and sets the timer that announces it again', () => {
    const { answer, state } = specify(orderDecider).given().when({ type: 'PlaceOrder', details });
    expect(answer).toMatchObject({
      ok: true,
      value: [{ type: 'OrderCreated', timer: { kind: 'announce', afterMs: 60_000 } }],
    });
    expect(state).toMatchObject({ status: 'CREATED', cancellation: 'none' });
  });

  it('is announced again while nobody takes it up, at growing intervals', () => {
    const announced: OrderEvent = { type: 'OrderAnnounced', data: {} };
    const { answer } = specify(orderDecider).given(created, announced).when({ type: 'AnnounceAgain' });
    expect(answer).toMatchObject({
      value: [
        { type: 'OrderAnnounced', emits: [{ type: 'OrderCreated', data: details }], timer: { afterMs: 240_000 } },
      ],
    });
  });

  it('is not announced once it is paid', () => {
    expect(specify(orderDecider).given(created, paid).when({ type: 'AnnounceAgain' }).answer).toEqual({
      ok: true,
      value: [],
    });
  });

  it('stops its timer with the first step', () => {
    const { answer } = specify(orderDecider).given(created).when({ type: 'MarkOrderPaid' });
    expect(answer).toMatchObject({ value: [{ timer: null }] });
  });
});

describe('cancelling', () => {
  const requested: OrderEvent = { type: 'OrderCancellationRequested', data: {} };
  const refused: OrderEvent = { type: 'OrderCancellationRefused', data: { reason: 'captured' } };

  it('asked for again changes nothing', () => {
    expect(specify(orderDecider).given(created, requested).when({ type: 'RequestCancellation' }).answer).toEqual({
      ok: true,
      value: [],
    });
  });

  it('is said again until it is answered, at growing intervals', () => {
    const asked = specify(orderDecider).given(created, paid).when({ type: 'RequestCancellation' });
    expect(asked.answer).toMatchObject({ value: [{ timer: { kind: 'announce', afterMs: 60_000 } }] });
    for (const history of [
      [created, paid, requested],
      [created, paid, requested, shipped],
    ]) {
      expect(
        specify(orderDecider)
          .given(...history)
          .when({ type: 'AnnounceAgain' }).answer,
      ).toMatchObject({
        value: [
          {
            type: 'OrderAnnounced',
            emits: [{ type: 'OrderCancellationRequested', data: {} }],
            timer: { kind: 'announce', afterMs: 120_000 },
          },
        ],
      });
    }
  });

  it('is said again behind the order that nobody took up, soon after it was asked', () => {
    const announced: OrderEvent = { type: 'OrderAnnounced', data: {} };
    const { answer } = specify(orderDecider)
      .given(created, announced, announced, requested)
      .when({ type: 'AnnounceAgain' });
    expect(answer).toMatchObject({
      value: [
        {
          emits: [
            { type: 'OrderCreated', data: details },
            { type: 'OrderCancellationRequested', data: {} },
          ],
          timer: { afterMs: 120_000 },
        },
      ],
    });
  });

  it('goes on being said while the order goes on', () => {
    const { answer } = specify(orderDecider).given(created, requested).when({ type: 'MarkOrderPaid' });
    expect(answer).toEqual({ ok: true, value: [{ type: 'OrderPaid', data: {} }] });
  });

  it.each([
    ['refused', { type: 'RefuseCancellation', reason: 'captured' }, [created, paid, requested]],
    ['the order has failed', { type: 'FailOrder', failure }, [created, requested]],
    ['the order is cancelled', { type: 'CancelOrder', failure }, [created, paid, requested]],
  ] as const)('is not said again when it is %s', (_answered, command, history) => {
    const { answer } = specify(orderDecider)
      .given(...history)
      .when(command);
    expect(answer).toMatchObject({ value: [{ timer: null }] });
  });

  it('leaves an order that nobody took up to be announced when it is refused', () => {
    const { answer } = specify(orderDecider)
      .given(created, requested)
      .when({ type: 'RefuseCancellation', reason: 'captured' });
    expect(answer).toEqual({ ok: true, value: [{ type: refused.type, data: { reason: 'captured' } }] });
  });

  it('that nobody answered is refused by the completion', () => {
    const { answer, state } = specify(orderDecider)
      .given(created, paid, requested, shipped)
      .when({ type: 'CompleteOrder' });
    expect(answer).toMatchObject({
      value: [
        { type: 'OrderCancellationRefused', data: { reason: expect.stringContaining('completed') } },
        { type: 'OrderCompleted', timer: null },
      ],
    });
    expect(state).toMatchObject({ status: 'COMPLETED', cancellation: 'refused' });
  });

  it('is refused by the saga, and then for good', () => {
    const { state } = specify(orderDecider)
      .given(created, paid, requested)
      .when({ type: 'RefuseCancellation', reason: 'captured' });
    expect(state).toMatchObject({ status: 'PAID', cancellation: 'refused' });
    const { answer } = specify(orderDecider)
      .given(created, paid, requested, refused)
      .when({ type: 'RequestCancellation' });
    expect(answer).toMatchObject({ ok: false, error: { code: 'order-not-cancellable' } });
  });

  it('refused when nobody asked changes nothing', () => {
    expect(specify(orderDecider).given(created, paid).when({ type: 'RefuseCancellation', reason: 'r' }).answer).toEqual(
      { ok: true, value: [] },
    );
  });
});

it('answers a repeated last command again, with what was recorded', () => {
  const other = { code: 'shipment-lost', step: 's', detail: 'other' } as const;
  const { answer } = specify(orderDecider).given(created, failed).when({ type: 'FailOrder', failure: other });
  expect(answer).toMatchObject({
    value: [{ type: 'AnswerRepeated', emits: [{ type: 'OrderFailed', data: { failure } }] }],
  });
});

it('takes the order commands again, in order, wherever the order has got to', () => {
  const lost: OrderEvent = { type: 'OrderFailed', data: { failure } };
  for (const type of ['MarkOrderPaid', 'MarkOrderShipped'] as const) {
    expect(specify(orderDecider).given(created, paid, shipped, lost).when({ type }).answer.ok).toBe(true);
  }
});
