import { describe, expect, test } from 'vitest';
import { checkMoney, type Evidence, type LedgerPayment, type LedgerShipment, type OrderAtEnd } from './check-money.ts';

const completed: OrderAtEnd = {
  orderId: 'o-1',
  userId: 'u-1',
  status: 'COMPLETED',
  currency: 'EUR',
  total: 3998,
  failureCode: undefined,
  waitsFor: undefined,
};
const failed: OrderAtEnd = { ...completed, status: 'FAILED', failureCode: 'payment-declined' };
const cancelled: OrderAtEnd = { ...completed, status: 'CANCELLED', failureCode: 'customer-cancelled' };

const payment = (books: Partial<LedgerPayment>): LedgerPayment => ({
  orderId: 'o-1',
  currency: 'EUR',
  authorized: 0,
  captured: 0,
  refunded: 0,
  voided: 0,
  ...books,
});
const shipment = (state: LedgerShipment['state']): LedgerShipment => ({ orderId: 'o-1', state });

const captured = payment({ authorized: 3998, captured: 3998 });

const check = (evidence: Partial<Evidence>) =>
  checkMoney({ acknowledged: [], orders: [], payments: [], shipments: [], ...evidence });
const codesOf = (evidence: Partial<Evidence>) => check(evidence).findings.map(({ code }) => code);

describe('a completed order', () => {
  const orders = [completed];
  const shipments = [shipment('DELIVERED')];

  test('agrees when its total was captured and one parcel was delivered', () => {
    expect(codesOf({ orders, shipments, payments: [captured] })).toEqual([]);
  });

  test.each([
    ['nothing was captured', [payment({ authorized: 3998, voided: 3998 })]],
    ['the books know nothing', []],
    ['a cent too little', [payment({ authorized: 3997, captured: 3997 })]],
    ['it was captured twice', [payment({ authorized: 7996, captured: 7996 })]],
    ['it was refunded', [payment({ authorized: 3998, captured: 3998, refunded: 3998 })]],
    ['it was captured in another currency', [payment({ currency: 'USD', authorized: 3998, captured: 3998 })]],
    ['it was captured in two currencies', [captured, payment({ currency: 'USD', authorized: 1, captured: 1 })]],
  ])('disagrees when %s', (_case, payments) => {
    expect(codesOf({ orders, shipments, payments })).toEqual(['net-differs']);
  });

  test('says how it disagrees', () => {
    const { findings } = check({ orders, shipments, payments: [payment({ authorized: 100, captured: 100 })] });

    expect(findings).toEqual([
      { code: 'net-differs', orderId: 'o-1', detail: 'is COMPLETED, which demands 3998 EUR, and 100 is taken' },
    ]);
  });

  test('disagrees when a second authorisation holds money', () => {
    const payments = [payment({ authorized: 7996, captured: 3998 })];

    expect(codesOf({ orders, shipments, payments })).toEqual(['authorization-left']);
  });

  test.each([
    [[]],
    [[shipment('DISPATCHED')]],
    [[shipment('LOST')]],
    [[shipment('DELIVERED'), shipment('DELIVERED')]],
    [[shipment('DELIVERED'), shipment('BOOKED')]],
  ])('disagrees with the parcels %j', (parcels) => {
    expect(codesOf({ orders, shipments: parcels, payments: [captured] })).toEqual(['not-delivered-once']);
  });

  test('does not mind a booking that was cancelled', () => {
    const parcels = [shipment('CANCELLED'), shipment('DELIVERED')];

    expect(codesOf({ orders, shipments: parcels, payments: [captured] })).toEqual([]);
  });
});

describe.each([
  ['failed', failed],
  ['cancelled', cancelled],
])('an order that is %s', (_case, order) => {
  const orders = [order];

  test.each([
    ['the books know nothing', [], []],
    ['it was declined', [payment({})], []],
    ['it was voided and its booking cancelled', [payment({ authorized: 3998, voided: 3998 })], [shipment('CANCELLED')]],
    ['it was refunded and its parcel lost', [{ ...captured, refunded: 3998 }], [shipment('LOST')]],
  ])('agrees when %s', (_books, payments, shipments) => {
    expect(codesOf({ orders, payments, shipments })).toEqual([]);
  });

  test('disagrees when money was kept', () => {
    expect(codesOf({ orders, payments: [captured] })).toEqual(['net-differs']);
    expect(codesOf({ orders, payments: [{ ...captured, refunded: 3997 }] })).toEqual(['net-differs']);
  });

  test('disagrees when more was given back than taken', () => {
    expect(codesOf({ orders, payments: [{ ...captured, refunded: 3999 }] })).toEqual(['net-differs']);
  });

  test('disagrees when an authorisation is left', () => {
    expect(codesOf({ orders, payments: [payment({ authorized: 3998 })] })).toEqual(['authorization-left']);
  });

  test('disagrees when two faults of the books would cancel out', () => {
    const payments = [payment({ authorized: 10 }), payment({ currency: 'USD', voided: 10 })];

    expect(codesOf({ orders, payments })).toEqual(['authorization-left']);
  });

  test.each(['BOOKED', 'DISPATCHED'] as const)('disagrees when a parcel is %s', (state) => {
    expect(codesOf({ orders, shipments: [shipment(state)] })).toEqual(['shipment-left']);
  });
});

describe('an order that a person has settled outside of the platform', () => {
  test('is listed and not held against the books', () => {
    const orders = [{ ...failed, failureCode: 'settled-externally' }];
    const verdict = check({ orders, payments: [captured] });

    expect(verdict).toMatchObject({ findings: [], settledExternally: ['o-1'], currencies: [] });
  });
});

describe('an order that waits for a person', () => {
  const orders: readonly OrderAtEnd[] = [{ ...completed, status: 'PAID', waitsFor: 'operator' }];

  test.each([0, 1, 3998])('may have anything between nothing and its total taken: %i', (net) => {
    const verdict = check({ orders, payments: [payment({ authorized: net, captured: net })] });

    expect(verdict).toMatchObject({
      findings: [],
      needsOperator: ['o-1'],
      currencies: [{ undecided: net, demanded: 0 }],
    });
  });

  test.each([3999, -1])('disagrees beyond that: %i', (net) => {
    expect(codesOf({ orders, payments: [payment({ captured: 4000, refunded: 4000 - net })] })).toEqual(['net-differs']);
  });

  test('is told apart by whom it waits for', () => {
    expect(check({ orders: [{ ...completed, status: 'CREATED', waitsFor: 'reviewer' }] })).toMatchObject({
      findings: [],
      needsOperator: [],
      inReview: ['o-1'],
    });
  });
});

describe('a run', () => {
  test.each(['CREATED', 'PAID', 'SHIPPED'] as const)('has no order that is still %s', (status) => {
    expect(codesOf({ orders: [{ ...completed, status }] })).toEqual(['not-at-its-end']);
  });

  test('has every order that was acknowledged', () => {
    expect(check({ acknowledged: [{ userId: 'u-1', orderId: 'o-1' }] }).findings).toEqual([
      { code: 'order-missing', orderId: 'o-1', detail: 'acknowledged to u-1' },
    ]);
  });

  test('may have an order whose answer was lost', () => {
    expect(codesOf({ orders: [failed] })).toEqual([]);
  });

  test('has one order for one key, whether the second was acknowledged or only found', () => {
    const acknowledged = [{ userId: 'u-1', orderId: 'o-1' }];

    expect(codesOf({ acknowledged, orders: [failed, { ...failed, orderId: 'o-2' }] })).toEqual(['key-placed-twice']);
    expect(codesOf({ acknowledged: [...acknowledged, ...acknowledged], orders: [failed] })).toEqual([]);
  });

  test('adds up the books by currency beside what the orders demand', () => {
    const second = { ...completed, orderId: 'o-2', currency: 'JPY', total: 500 };
    const lost = { ...failed, orderId: 'o-3' };
    const { currencies } = check({
      orders: [second, completed, lost],
      payments: [
        captured,
        payment({ orderId: 'o-2', currency: 'JPY', authorized: 500, captured: 500 }),
        payment({ orderId: 'o-3', authorized: 3998, captured: 3998, refunded: 3998 }),
        payment({ orderId: 'of somebody else', authorized: 1, captured: 1 }),
      ],
    });

    expect(currencies).toEqual([
      { currency: 'EUR', captured: 7996, refunded: 3998, net: 3998, demanded: 3998, undecided: 0 },
      { currency: 'JPY', captured: 500, refunded: 0, net: 500, demanded: 500, undecided: 0 },
    ]);
  });
});
