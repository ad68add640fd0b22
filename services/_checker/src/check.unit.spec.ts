import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check } from './check.ts';
import type {
  DeadLetter,
  Evidence,
  LedgerPayment,
  LedgerShipment,
  OrderAtEnd,
  RunFacts,
  SagaAtEnd,
} from './evidence.ts';
import { type Ending, endings, goodRun } from './testing/index.ts';

/** A run with one order, and what a test does to it. */
type Plant = (evidence: ReturnType<typeof goodRun>) => Partial<Evidence>;

const found = (ending: Ending, plant: Plant) => {
  const good = goodRun([ending]);
  return check({ ...good, ...plant(good) }).map(({ invariant, code }) => `${invariant} ${code}`);
};

const order =
  (change: Partial<OrderAtEnd>): Plant =>
  ({ orders }) => ({ orders: orders.map((each) => ({ ...each, ...change })) });
const payment =
  (change: Partial<LedgerPayment>): Plant =>
  ({ payments }) => ({ payments: payments.map((each) => ({ ...each, ...change })) });
const saga =
  (change: Partial<SagaAtEnd>): Plant =>
  ({ sagas = [] }) => ({ sagas: sagas.map((each) => ({ ...each, ...change })) });
const parcels =
  (...states: readonly LedgerShipment['state'][]): Plant =>
  () => ({ shipments: states.map((state) => ({ orderId: 'o-1', state })) });
const events =
  (...types: readonly string[]): Plant =>
  ({ orders }) => ({
    orders: orders.map((each) => ({ ...each, version: types.length })),
    histories: [{ orderId: 'o-1', events: types.map((type, index) => ({ version: index + 1, type })) }],
  });
const letter = (change: Partial<DeadLetter> = {}): DeadLetter => ({
  service: 'shipping',
  group: 'shipping',
  orderId: 'o-1',
  messageId: 'orchestrator/1/0/1/0',
  reason: 'handler-failed',
  state: 'parked',
  parkedAt: '2026-01-01T00:00:00.000Z',
  ...change,
});
const letters =
  (...changes: readonly Partial<DeadLetter>[]): Plant =>
  () => ({ deadLetters: changes.map(letter) });
const facts =
  (change: Partial<RunFacts>): Plant =>
  ({ run }) => ({ run: run && { ...run, ...change } });

test.each(endings)('an order that is %s is found right', (ending) => {
  expect(check(goodRun([ending]))).toEqual([]);
});

test('a run of all kinds of orders is found right', () => {
  expect(check(goodRun(endings))).toEqual([]);
});

describe('I1: an acknowledged order', () => {
  test('that is lost is found', () => {
    expect(
      check({ ...goodRun([]), acknowledged: [{ userId: 'u-1', key: 'k-1', orderId: 'o-1' }], run: undefined }),
    ).toEqual([{ invariant: 'I1', code: 'order-missing', orderId: 'o-1', detail: 'acknowledged to u-1' }]);
  });

  test('that is somebody else’s is found', () => {
    expect(found('completed', order({ userId: 'u-2' }))).toEqual(['I1 owner-differs']);
  });

  test('may be missing from the answers', () => {
    expect(found('completed', () => ({ acknowledged: [], run: undefined }))).toEqual([]);
  });
});

describe('I2: a key', () => {
  const another = { orderId: 'o-2', userId: 'u-1', key: 'k-1' };
  const twoOrders = ({ orders, ...good }: Evidence): Evidence => {
    const second = goodRun(['declined', 'declined']);
    const isSecond = ({ orderId }: { readonly orderId: string }) => orderId === 'o-2';
    return {
      ...good,
      orders: [...orders, ...second.orders.filter(isSecond).map((each) => ({ ...each, userId: 'u-1' }))],
      sagas: [...(good.sagas ?? []), ...(second.sagas ?? []).filter(isSecond)],
      histories: [...(good.histories ?? []), ...(second.histories ?? []).filter(isSecond)],
    };
  };

  test.each<readonly [string, Plant, readonly string[]]>([
    ['a second order that nobody was told of', twoOrders, ['I2 user-has-two']],
    [
      'a second order that was acknowledged',
      (good) => ({ ...twoOrders(good), acknowledged: [...good.acknowledged, another] }),
      ['I2 key-placed-twice', 'I2 user-has-two'],
    ],
    [
      'the order of another key',
      ({ acknowledged }) => ({ acknowledged: [...acknowledged, { orderId: 'o-1', userId: 'u-1', key: 'k-2' }] }),
      ['I2 order-of-two-keys'],
    ],
  ])('with %s is found', (_what, plant, codes) => {
    expect(found('completed', plant)).toEqual(codes);
  });

  test('may be acknowledged again and again', () => {
    expect(found('completed', ({ acknowledged }) => ({ acknowledged: [...acknowledged, ...acknowledged] }))).toEqual(
      [],
    );
  });
});

describe('I3: money', () => {
  test.each<readonly [string, Ending, Plant, readonly string[]]>([
    ['nothing was captured', 'completed', payment({ captured: 0, voided: 3998 }), ['I3 net-differs']],
    ['the books know nothing', 'completed', () => ({ payments: [] }), ['I3 net-differs']],
    ['a cent is missing', 'completed', payment({ authorized: 3997, captured: 3997 }), ['I3 net-differs']],
    [
      'it was captured twice',
      'completed',
      payment({ authorized: 7996, captured: 7996 }),
      ['I3 net-differs', 'I3 captured-too-much', 'I6 authorized-twice'],
    ],
    [
      'it was captured twice and given back once',
      'completed',
      payment({ captured: 7996, refunded: 3998, authorized: 7996 }),
      ['I3 captured-too-much', 'I6 authorized-twice'],
    ],
    ['it was refunded', 'completed', payment({ refunded: 3998 }), ['I3 net-differs']],
    ['it was captured in another currency', 'completed', payment({ currency: 'USD' }), ['I3 net-differs']],
    [
      'another currency was taken and given back',
      'completed',
      ({ payments }) => ({
        payments: [
          ...payments,
          { orderId: 'o-1', currency: 'USD', authorized: 0, captured: 1, refunded: 1, voided: -1 },
        ],
      }),
      ['I3 net-differs'],
    ],
    ['a failed order was charged', 'voided', payment({ captured: 3998, voided: 0 }), ['I3 net-differs']],
    ['a cancelled order was charged', 'cancelled', payment({ captured: 3998, voided: 0 }), ['I3 net-differs']],
    ['a refund lacks a cent', 'lost', payment({ refunded: 3997 }), ['I3 net-differs']],
    ['a cent too much was refunded', 'lost', payment({ refunded: 3999 }), ['I3 net-differs', 'I3 refunded-too-much']],
    [
      'more than the total is taken while an operator decides',
      'with an operator',
      payment({ captured: 3999 }),
      ['I3 net-differs', 'I3 captured-too-much'],
    ],
    [
      'more was given back than taken while an operator decides',
      'with an operator',
      payment({ refunded: 3999 }),
      ['I3 net-differs', 'I3 refunded-too-much'],
    ],
    [
      'nobody’s order was charged',
      'completed',
      ({ payments }) => ({ payments: [...payments, ...payments.map((each) => ({ ...each, orderId: 'o-9' }))] }),
      ['I3 payment-of-nobody'],
    ],
  ])('is found wrong when %s', (_what, ending, plant, codes) => {
    expect(found(ending, plant)).toEqual(codes);
  });

  test.each([0, 1, 3998])('may be anything up to the total while an operator decides: %i', (net) => {
    expect(found('with an operator', payment({ refunded: 3998 - net }))).toEqual([]);
  });

  test('says how it is wrong', () => {
    const good = goodRun(['completed', 'with an operator']);
    const short = { ...good, payments: good.payments.map((each) => ({ ...each, captured: 4000, refunded: 1 })) };
    expect(check(short).map(({ detail }) => detail)).toContain(
      'is COMPLETED, which demands 3998 EUR, and 3999 is taken',
    );
    expect(check(short).map(({ detail }) => detail)).toContain(
      'waits for an operator, 3998 EUR in all, and 3999 is taken',
    );
  });
});

describe('I4: an order', () => {
  test.each<readonly [string, Ending, Plant, string]>([
    ['CREATED and of nobody’s concern', 'in review', order({ waitsFor: undefined }), 'not-at-its-end'],
    ['PAID and of nobody’s concern', 'with an operator', order({ waitsFor: undefined }), 'not-at-its-end'],
    ['over and still asked about', 'voided', order({ waitsFor: 'reviewer' }), 'still-asked-about'],
    ['without a saga', 'completed', () => ({ sagas: [] }), 'saga-missing'],
    ['over before its saga', 'completed', saga({ state: 'RUNNING' }), 'saga-not-at-its-end'],
    ['over while its saga waits', 'voided', saga({ state: 'NEEDS_OPERATOR' }), 'saga-not-at-its-end'],
    ['on a list while its saga runs', 'in review', saga({ state: 'RUNNING' }), 'saga-not-at-its-end'],
    [
      'COMPLETED though its customer still asks',
      'completed',
      order({ cancellation: 'requested' }),
      'cancellation-unanswered',
    ],
  ])('that is %s is found', (_what, ending, plant, code) => {
    expect(found(ending, plant)).toEqual([`I4 ${code}`]);
  });

  test('that is SHIPPED and of nobody’s concern is found without its saga', () => {
    const plant: Plant = () => ({ sagas: undefined, histories: undefined });
    expect(found('completed', (good) => ({ ...plant(good), ...order({ status: 'SHIPPED' })(good) }))).toEqual([
      'I4 not-at-its-end',
    ]);
  });
});

describe('I5: a history', () => {
  test.each<readonly [string, Ending, Plant, string]>([
    ['with a gap', 'completed', ({ histories = [] }) => ({ histories: skipping(histories, 2) }), 'version-gap'],
    ['that begins late', 'completed', ({ histories = [] }) => ({ histories: skipping(histories, 1) }), 'version-gap'],
    ['that is missing', 'completed', () => ({ histories: [] }), 'history-short'],
    ['that is too short', 'completed', order({ version: 5 }), 'history-short'],
    ['that leads elsewhere', 'completed', events('OrderCreated', 'OrderPaid', 'OrderShipped'), 'replay-differs'],
    ['that skips a state', 'completed', events('OrderCreated', 'OrderShipped', 'OrderCompleted'), 'illegal-move'],
    ['that goes on after the end', 'declined', events('OrderCreated', 'OrderFailed', 'OrderPaid'), 'illegal-move'],
    ['that begins in the middle', 'declined', events('OrderFailed'), 'illegal-move'],
    ['that begins twice', 'declined', events('OrderCreated', 'OrderCreated', 'OrderFailed'), 'illegal-move'],
    ['with an event of no order', 'declined', events('OrderCreated', 'OrderShredded', 'OrderFailed'), 'illegal-move'],
    [
      'that records an effect twice',
      'voided',
      events('OrderCreated', 'OrderPaid', 'OrderPaid', 'OrderFailed'),
      'illegal-move',
    ],
    [
      'that announces what is taken up',
      'voided',
      events('OrderCreated', 'OrderPaid', 'OrderAnnounced', 'OrderFailed'),
      'illegal-move',
    ],
    [
      'that refuses what nobody asked',
      'voided',
      events('OrderCreated', 'OrderPaid', 'OrderCancellationRefused', 'OrderFailed'),
      'illegal-move',
    ],
    [
      'with a cancellation that came too late',
      'completed',
      events('OrderCreated', 'OrderPaid', 'OrderShipped', 'OrderCancellationRequested', 'OrderCompleted'),
      'illegal-move',
    ],
  ])('%s is found', (_what, ending, plant, code) => {
    expect(new Set(found(ending, plant))).toEqual(new Set([`I5 ${code}`]));
  });

  test('may have gone on by an answer since the order was read', () => {
    const later = { version: 5, type: 'AnswerRepeated' };
    const plant: Plant = ({ histories = [] }) => ({
      histories: histories.map((history) => ({ ...history, events: [...history.events, later] })),
    });
    expect(found('completed', plant)).toEqual([]);
  });

  test('is not asked for when it was not read', () => {
    expect(found('completed', () => ({ histories: undefined, sagas: undefined, logs: undefined }))).toEqual([]);
  });
});

describe('I5: a saga', () => {
  test.each<readonly [string, Ending, Plant, readonly string[]]>([
    ['ended otherwise than its order', 'voided', saga({ state: 'COMPLETED', steps: [] }), ['saga-disagrees']],
    ['was undone, and its order was not', 'completed', saga({ state: 'COMPENSATED', steps: [] }), ['saga-disagrees']],
    ['skipped a step', 'completed', saga({ steps: [{ name: 'capture-payment', status: 'PENDING' }] }), ['step-left']],
    ['left a step undoing', 'voided', saga({ steps: [{ name: 'capture-payment', status: 'UNDOING' }] }), ['step-left']],
  ])('that %s is found', (_what, ending, plant, codes) => {
    expect(found(ending, plant)).toEqual(codes.map((code) => `I5 ${code}`));
  });
});

describe('I5: a log', () => {
  test.each<readonly [string, Plant]>([
    [
      'with a gap',
      ({ logs = [] }) => ({ logs: changed(logs, { ok: false, findings: ['version-gap in partition 1'] }) }),
    ],
    ['that does not say what is wrong', ({ logs = [] }) => ({ logs: changed(logs, { ok: false }) })],
    ['that is called right and is not', ({ logs = [] }) => ({ logs: changed(logs, { findings: ['version-gap'] }) })],
  ])('%s is found', (_what, plant) => {
    expect(found('completed', plant)).toEqual(['I5 log-disagrees']);
  });

  test('that was not looked at is found', () => {
    expect(found('completed', ({ logs = [] }) => ({ logs: logs.slice(1) }))).toEqual(['I5 log-not-verified']);
  });
});

describe('I6: an effect', () => {
  test.each<readonly [string, Ending, Plant, readonly string[]]>([
    [
      'a second hold that was let go again',
      'voided',
      payment({ authorized: 7996, voided: 7996 }),
      ['I6 authorized-twice'],
    ],
    ['a redrive that nobody does', 'completed', letters({ state: 'redriving' }), ['I6 redrive-left']],
    ['a message behind nothing', 'completed', letters({ state: 'held' }), ['I6 held-for-nothing']],
    [
      'a message behind a letter of another service',
      'completed',
      letters({ state: 'parked', service: 'payment', group: 'payment' }, { state: 'held' }),
      ['I6 held-for-nothing'],
    ],
  ])('%s is found', (_what, ending, plant, codes) => {
    expect(found(ending, plant)).toEqual(codes);
  });
});

describe('I7: what is left', () => {
  test.each<readonly [string, Ending, Plant, readonly string[]]>([
    ['money that is held for a failed order', 'voided', payment({ voided: 0 }), ['I7 authorization-left']],
    ['money that is held for a cancelled order', 'cancelled', payment({ voided: 0 }), ['I7 authorization-left']],
    [
      'money that is held a second time',
      'completed',
      payment({ authorized: 7996 }),
      ['I6 authorized-twice', 'I7 authorization-left'],
    ],
    ['a parcel that is booked for a failed order', 'voided', parcels('BOOKED'), ['I7 shipment-left']],
    ['a parcel on its way for a cancelled order', 'cancelled', parcels('DISPATCHED'), ['I7 shipment-left']],
    ['no parcel for a completed order', 'completed', parcels(), ['I7 not-delivered-once']],
    ['a parcel that has not arrived', 'completed', parcels('DISPATCHED'), ['I7 not-delivered-once']],
    ['a parcel that got lost', 'completed', parcels('LOST'), ['I7 not-delivered-once']],
    ['two parcels', 'completed', parcels('DELIVERED', 'DELIVERED'), ['I7 not-delivered-once']],
    ['a second parcel that is booked', 'completed', parcels('DELIVERED', 'BOOKED'), ['I7 not-delivered-once']],
    [
      'nobody’s parcel',
      'completed',
      ({ shipments }) => ({ shipments: [...shipments, { orderId: 'o-9', state: 'BOOKED' }] }),
      ['I7 shipment-of-nobody'],
    ],
  ])('%s is found', (_what, ending, plant, codes) => {
    expect(found(ending, plant)).toEqual(codes);
  });

  test('two faults of the books do not cancel out', () => {
    const bare = { captured: 0, refunded: 0 };
    const payments = [
      { ...bare, orderId: 'o-1', currency: 'EUR', authorized: 10, voided: 0 },
      { ...bare, orderId: 'o-1', currency: 'USD', authorized: 0, voided: 10 },
    ];
    expect(found('voided', () => ({ payments }))).toEqual(['I7 authorization-left']);
  });

  test('a booking that was cancelled is nothing', () => {
    expect(found('completed', parcels('CANCELLED', 'DELIVERED'))).toEqual([]);
  });
});

describe('I8: a dead letter', () => {
  test.each<readonly [string, Plant, string]>([
    ['that names no order', letters({ orderId: null }), 'letter-without-order'],
    ['of an order that does not exist', letters({ orderId: 'o-9' }), 'letter-of-nobody'],
  ])('%s is found', (_what, plant, code) => {
    expect(found('completed', plant)).toEqual([`I8 ${code}`]);
  });

  test('that names its order may be there, and others behind it', () => {
    expect(found('completed', letters({}, { state: 'held' }, { state: 'parked', group: 'payment' }))).toEqual([]);
  });
});

describe('I10: a run', () => {
  test.each<readonly [string, Plant, readonly string[]]>([
    ['whose faults never happened', facts({ faults: { cut: 1, flood: 0 } }), ['fault-absent']],
    ['that meant no fault', facts({ faults: {} }), ['no-faults']],
    ['whose load ended early', facts({ loadOutlivedFaults: false }), ['load-ended-early']],
    ['that answered too few', facts({ clients: 2 }), ['too-few-acknowledged']],
    ['in which everybody gave up', facts({ gaveUp: 1 }), ['no-clients']],
  ])('%s is found', (_what, plant, codes) => {
    expect(found('completed', plant)).toEqual(codes.map((code) => `I10 ${code}`));
  });

  test('is not asked of those who gave up', () => {
    expect(found('completed', facts({ clients: 2, gaveUp: 1 }))).toEqual([]);
  });
});

describe('an order that was settled outside of the platform', () => {
  test.each([payment({ captured: 3998 }), payment({ voided: 3998 }), parcels('CANCELLED'), parcels()])(
    'may be anything in the books, %#',
    (plant) => {
      expect(found('settled externally', plant)).toEqual([]);
    },
  );

  test('was still held once, and charged once', () => {
    expect(found('settled externally', payment({ authorized: 7996, voided: 3998 }))).toEqual(['I6 authorized-twice']);
    expect(found('settled externally', payment({ captured: 3999 }))).toEqual(['I3 captured-too-much']);
  });

  test('has a history like any other', () => {
    expect(found('settled externally', events('OrderPaid'))).not.toEqual([]);
  });
});

describe('any run', () => {
  const someEndings = fc.array(fc.constantFrom(...endings), { minLength: 1, maxLength: 12 });

  test('is found right in whatever order its evidence comes', () => {
    fc.assert(
      fc.property(
        someEndings,
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.infiniteStream(fc.nat()),
        (of, total, dice) => {
          const shuffled = <Item>(items: readonly Item[] = []) =>
            items
              .map((item) => ({ item, at: dice.next().value }))
              .toSorted((a, b) => a.at - b.at)
              .map(({ item }) => item);
          const { acknowledged, orders, payments, shipments, sagas, histories, ...rest } = goodRun(of, total);
          const evidence = {
            ...rest,
            acknowledged: shuffled(acknowledged),
            orders: shuffled(orders),
            payments: shuffled(payments),
            shipments: shuffled(shipments),
            sagas: shuffled(sagas),
            histories: shuffled(histories),
          };
          expect(check(evidence)).toEqual([]);
        },
      ),
    );
  });

  test('is found wrong in one order alone when a single cent of it is', () => {
    const change = fc.record({
      field: fc.constantFrom('authorized', 'captured', 'refunded', 'voided'),
      by: fc.constantFrom(-1, 1),
    });
    const decided = fc.constantFrom<Ending>('completed', 'declined', 'voided', 'lost', 'cancelled');
    fc.assert(
      fc.property(someEndings, decided, change, (others, ending, { field, by }) => {
        const good = goodRun([ending, ...others]);
        const payments = good.payments.map((each) =>
          each.orderId === 'o-1' ? { ...each, [field]: each[field] + by } : each,
        );
        const violations = check({ ...good, payments });
        expect(violations.length).toBeGreaterThan(0);
        expect(new Set(violations.map(({ orderId }) => orderId))).toEqual(new Set(['o-1']));
      }),
    );
  });
});

function skipping(histories: NonNullable<Evidence['histories']>, version: number): NonNullable<Evidence['histories']> {
  return histories.map(({ orderId, events: all }) => ({
    orderId,
    events: all.filter((event) => event.version !== version),
  }));
}

function changed(
  logs: NonNullable<Evidence['logs']>,
  change: Partial<NonNullable<Evidence['logs']>[number]>,
): NonNullable<Evidence['logs']> {
  return logs.map((log, index) => (index === 0 ? { ...log, ...change } : log));
}
