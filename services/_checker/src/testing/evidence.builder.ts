import { services } from '@checkout/contracts';
import type { Evidence, LedgerPayment, LedgerShipment, OrderAtEnd, SagaAtEnd } from '../evidence.ts';

/** Ways in which an order may end well, or wait for a person. */
export const endings = [
  'completed',
  'declined',
  'voided',
  'lost',
  'cancelled',
  'with an operator',
  'in review',
  'settled externally',
] as const;
export type Ending = (typeof endings)[number];

type StepStatus = SagaAtEnd['steps'][number]['status'];

type Story = {
  readonly order: Partial<OrderAtEnd>;
  readonly events: readonly string[];
  readonly saga: SagaAtEnd['state'];
  /** Of the steps that were begun. */
  readonly steps: readonly StepStatus[];
  /** What became of the total. */
  readonly money?: readonly (keyof LedgerPayment & ('authorized' | 'captured' | 'refunded' | 'voided'))[];
  readonly shipment?: LedgerShipment['state'];
};

const stories: Readonly<Record<Ending, Story>> = {
  completed: {
    order: {},
    events: ['OrderCreated', 'OrderPaid', 'OrderShipped', 'OrderCompleted'],
    saga: 'COMPLETED',
    steps: ['DONE', 'DONE', 'DONE', 'DONE', 'DONE', 'DONE'],
    money: ['authorized', 'captured'],
    shipment: 'DELIVERED',
  },
  declined: {
    order: { status: 'FAILED', failureCode: 'payment-declined' },
    events: ['OrderCreated', 'OrderFailed'],
    saga: 'COMPENSATED',
    steps: ['DONE', 'REFUSED'],
    money: [],
  },
  voided: {
    order: { status: 'FAILED', failureCode: 'shipment-rejected' },
    events: ['OrderCreated', 'OrderAnnounced', 'OrderPaid', 'OrderFailed', 'AnswerRepeated'],
    saga: 'COMPENSATED',
    steps: ['DONE', 'UNDONE', 'REFUSED'],
    money: ['authorized', 'voided'],
    shipment: 'REJECTED',
  },
  lost: {
    order: { status: 'FAILED', failureCode: 'shipment-lost' },
    events: ['OrderCreated', 'OrderPaid', 'OrderShipped', 'OrderFailed'],
    saga: 'COMPENSATED',
    steps: ['DONE', 'UNDONE', 'DONE', 'UNDONE', 'DONE', 'REFUSED'],
    money: ['authorized', 'captured', 'refunded'],
    shipment: 'LOST',
  },
  cancelled: {
    order: { status: 'CANCELLED', failureCode: 'customer-cancelled', cancellation: 'requested' },
    events: ['OrderCreated', 'OrderPaid', 'OrderCancellationRequested', 'OrderAnnounced', 'Noted', 'OrderCancelled'],
    saga: 'COMPENSATED',
    steps: ['DONE', 'UNDONE', 'UNDONE'],
    money: ['authorized', 'voided'],
    shipment: 'CANCELLED',
  },
  'with an operator': {
    order: { status: 'PAID', waitsFor: 'operator', cancellation: 'refused' },
    events: ['OrderCreated', 'OrderPaid', 'OrderCancellationRequested', 'OrderCancellationRefused'],
    saga: 'NEEDS_OPERATOR',
    steps: ['DONE', 'DONE', 'DONE', 'DONE', 'FAILED'],
    money: ['authorized', 'captured'],
    shipment: 'CANCELLED',
  },
  'in review': {
    order: { status: 'CREATED', waitsFor: 'reviewer' },
    events: ['OrderCreated'],
    saga: 'WAITING_REVIEW',
    steps: ['RUNNING'],
  },
  'settled externally': {
    order: { status: 'FAILED', failureCode: 'settled-externally' },
    events: ['OrderCreated', 'OrderPaid', 'OrderFailed'],
    saga: 'COMPENSATED',
    steps: ['DONE', 'UNDONE', 'REFUSED'],
    money: ['authorized'],
    shipment: 'BOOKED',
  },
};

const stepNames = [
  'assess-fraud',
  'authorize-payment',
  'request-shipment',
  'capture-payment',
  'dispatch-shipment',
  'await-delivery',
];

/** A completed order; what a test varies is spread over it. */
export function orderAtEnd(change: Partial<OrderAtEnd> = {}): OrderAtEnd {
  return {
    orderId: 'o-1',
    userId: 'u-1',
    status: 'COMPLETED',
    currency: 'EUR',
    total: 3998,
    failureCode: undefined,
    cancellation: 'none',
    waitsFor: undefined,
    version: 4,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:01.000Z',
    ...change,
  };
}

/** Everything about a run without fault: the orders o-1, o-2, … of the users u-1, u-2, … with the keys k-1, k-2, …. */
export function goodRun(of: readonly Ending[], total = 3998): Evidence & Required<Pick<Evidence, 'run'>> {
  const told = of.map((ending, index) => {
    const story = stories[ending];
    const number = index + 1;
    const order = orderAtEnd({
      orderId: `o-${number}`,
      userId: `u-${number}`,
      total,
      version: story.events.length,
      ...story.order,
    });
    return { story, order, key: `k-${number}` };
  });
  return {
    acknowledged: told.map(({ order: { orderId, userId }, key }) => ({ orderId, userId, key })),
    orders: told.map(({ order }) => order),
    payments: told.flatMap(({ order, story }) => (story.money === undefined ? [] : paymentOf(order, story.money))),
    shipments: told.flatMap(({ order: { orderId }, story: { shipment } }) =>
      shipment === undefined ? [] : { orderId, state: shipment },
    ),
    sagas: told.map(({ order: { orderId }, story }) => ({
      orderId,
      state: story.saga,
      steps: stepNames.map((name, index) => ({ name, status: story.steps[index] ?? 'PENDING' })),
    })),
    histories: told.map(({ order: { orderId }, story }) => ({
      orderId,
      events: story.events.map((type, index) => ({ version: index + 1, type })),
    })),
    logs: services.map((service) => ({ service, ok: true, findings: [] })),
    deadLetters: [],
    run: { faults: { 'kill -9': 1 }, loadOutlivedFaults: true, clients: of.length, gaveUp: 0 },
  };
}

function paymentOf({ orderId, currency, total }: OrderAtEnd, money: NonNullable<Story['money']>): LedgerPayment {
  const amountOf = (name: (typeof money)[number]) => (money.includes(name) ? total : 0);
  return {
    orderId,
    currency,
    authorized: amountOf('authorized'),
    captured: amountOf('captured'),
    refunded: amountOf('refunded'),
    voided: amountOf('voided'),
  };
}
