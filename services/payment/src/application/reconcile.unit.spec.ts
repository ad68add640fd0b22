import { createEventLog, createStreams } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { causeOf, type OrderId, toOrderId } from '@checkout/kernel';
import { createSeededIds, createVirtualClock } from '@checkout/kernel/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { paymentStream } from '../domain/payment-view.ts';
import type { ProviderRecord } from './ports/payment-gateway.port.ts';
import { createReconciliation, type Difference, type Reconciliation, type ReconciliationReport } from './reconcile.ts';

const minuteMs = 60_000;
const amount = 3998;
const captured = { amount, currency: 'EUR' } as const;
const record = (change: Partial<ProviderRecord>): ProviderRecord => ({
  kind: 'found',
  currency: 'EUR',
  authorization: 'approved',
  capture: 'captured',
  authorized: amount,
  captured: amount,
  refunded: 0,
  voided: 0,
  ...change,
});

function setup() {
  const clock = createVirtualClock();
  const ids = createSeededIds();
  const identity = { logId: ids.uuid(), service: 'payment', partitions: 4, epoch: 1 };
  const log = createEventLog({ storage: createMemoryStorage({ identity, clock }), clock });
  const streams = createStreams(log, paymentStream);
  const books = new Map<OrderId, ProviderRecord>();
  const provider = { isAway: false, asked: 0 };
  const alerts: Difference[] = [];
  const reports: ReconciliationReport[] = [];
  const trouble = { with: '' as '' | 'readModel' | 'listReadModel', errors: [] as Error[] };
  const failing = (call: 'readModel' | 'listReadModel') => {
    if (trouble.with === call) throw new Error(`${call} failed`);
  };
  const make = () =>
    createReconciliation({
      log: {
        ...log,
        readModel: async (orderId) => (failing('readModel'), log.readModel(orderId)),
        listReadModel: async (query) => (failing('listReadModel'), log.listReadModel(query)),
      },
      clock,
      statements: {
        statement: (orderIds) => {
          provider.asked += 1;
          if (provider.isAway) return Promise.resolve({ kind: 'unavailable', reason: 'reset' });
          return Promise.resolve({
            kind: 'found',
            records: new Map(orderIds.flatMap((id) => (books.has(id) ? [[id, books.get(id) as ProviderRecord]] : []))),
          });
        },
      },
      onDifference: (difference) => alerts.push(difference),
      onReport: (report) => reports.push(report),
      onError: (error) => trouble.errors.push(error),
    });
  const capture = async () => {
    const orderId = toOrderId(ids.uuid());
    const loaded = await streams.loadFresh(orderId);
    const events = [
      { type: 'PaymentApproved', data: { ...captured, authorizationId: 'a' } },
      { type: 'PaymentCaptured', data: { ...captured, captureId: 'c' } },
    ] as const;
    const appending = log.append({
      units: [streams.decided(loaded, events, { id: causeOf(orderId), correlationId: 'c' }).unit],
    });
    await clock.settle();
    await appending;
    return orderId;
  };
  return { clock, books, provider, trouble, alerts, reports, make, capture };
}

describe('reconciliation', () => {
  let world: ReturnType<typeof setup>;
  let reconciliation: Reconciliation;
  beforeEach(() => {
    world = setup();
    reconciliation = world.make();
    reconciliation.start();
  });
  afterEach(async () => {
    await reconciliation.stop();
    expect(world.trouble.errors).toEqual([]);
  });

  it('finds nothing where both sides agree, and asks once', async () => {
    const orderId = await world.capture();
    world.books.set(orderId, record({}));
    await world.clock.advance(minuteMs * 3);
    expect(reconciliation.report()).toMatchObject({ checked: 1, differences: [] });
    expect(world.provider.asked).toBe(1);
  });

  it.each([
    ['never heard of it', undefined, { currency: null, live: 0, net: 0 }],
    ['refunded it', record({ refunded: amount }), { currency: 'EUR', live: 0, net: 0 }],
    [
      'took more',
      record({ authorized: amount + 1, captured: amount + 1 }),
      { currency: 'EUR', live: 0, net: amount + 1 },
    ],
    ['took another currency', record({ currency: 'USD' }), { currency: 'USD', live: 0, net: amount }],
    [
      'holds a second authorisation',
      record({ authorized: amount * 2 }),
      { currency: 'EUR', live: amount, net: amount },
    ],
  ] as const)('alerts once when the provider %s, and lists it until it is gone', async (_what, theirs, position) => {
    const orderId = await world.capture();
    if (theirs !== undefined) world.books.set(orderId, theirs);
    await world.clock.advance(minuteMs * 2);
    const difference = { orderId, ours: { currency: 'EUR', live: 0, net: amount }, theirs: position };
    expect(reconciliation.report().differences).toEqual([difference]);
    expect(world.alerts).toEqual([difference]);

    world.books.set(orderId, record({}));
    await world.clock.advance(minuteMs);
    expect(reconciliation.report().differences).toEqual([]);
  });

  it('says after each round what the provider took beyond our ledger, in each currency', async () => {
    const [first, second, third] = [await world.capture(), await world.capture(), await world.capture()];
    world.books.set(first, record({ captured: amount * 2, authorized: amount * 2 }));
    world.books.set(second, record({ refunded: 100 }));
    world.books.set(third, record({ currency: 'USD' }));
    await world.clock.advance(minuteMs);
    expect(world.reports.at(-1)?.beyondLedger).toEqual(
      new Map([
        ['EUR', amount - 100 - amount],
        ['USD', amount],
      ]),
    );

    for (const orderId of [first, second, third]) world.books.set(orderId, record({}));
    await world.clock.advance(minuteMs);
    expect(world.reports.at(-1)?.beyondLedger).toEqual(
      new Map([
        ['EUR', 0],
        ['USD', 0],
      ]),
    );
  });

  it('asks again when the provider was away', async () => {
    const orderId = await world.capture();
    world.books.set(orderId, record({}));
    world.provider.isAway = true;
    await world.clock.advance(minuteMs);
    expect(reconciliation.report().checked).toBe(0);
    world.provider.isAway = false;
    await world.clock.advance(minuteMs);
    expect(reconciliation.report().checked).toBe(1);
  });

  it.each(['readModel', 'listReadModel'] as const)('loses nothing by a log that is away: %s', async (call) => {
    world.books.set(await world.capture(), record({}));
    world.books.set(await world.capture(), record({}));
    await reconciliation.stop();
    reconciliation = world.make();
    reconciliation.start();
    world.trouble.with = call;
    await world.clock.advance(minuteMs);
    expect([reconciliation.report().checked, world.trouble.errors.length]).toEqual([0, 1]);

    world.trouble.with = '';
    world.trouble.errors.length = 0;
    await world.clock.advance(minuteMs);
    expect(reconciliation.report()).toMatchObject({ checked: 2, differences: [] });
  });

  it('compares what came to rest before a restart', async () => {
    await world.capture();
    await reconciliation.stop();
    reconciliation = world.make();
    reconciliation.start();
    await world.clock.advance(minuteMs);
    expect(reconciliation.report().differences).toHaveLength(1);
  });
});
