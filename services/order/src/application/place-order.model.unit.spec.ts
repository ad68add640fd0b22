import { createEventLog, createStreams, LogUnavailableError } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { type CommitFate, createScriptedStorage, testIdentity } from '@checkout/event-log/testing';
import { causeOf, ok, type OrderId, type Result } from '@checkout/kernel';
import { createSeededIds, createVirtualClock } from '@checkout/kernel/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Order, orderDecider, type OrderEvent } from '../domain/order.ts';
import { orderStream } from '../domain/order-view.ts';
import type { Placement } from '../domain/placement-rules.ts';
import type { OrderRecord } from './order-record.ts';
import { createPlaceOrder, type Placed, type PlaceOrderRefusal } from './place-order.ts';

type Answer = Result<Placed, PlaceOrderRefusal> | 'log unavailable';
type Sent = { readonly key: string; readonly body: number; readonly process: number };

const placementOf = (body: number): Placement => ({
  userId: 'u-1',
  currency: 'EUR',
  items: [{ productId: 'sku-1', quantity: body, unitPrice: 1999 }],
  // The last body adds up to something else.
  ...(body === brokenBody && { total: 1 }),
  paymentToken: 'tok_approve',
  shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode: '10115', country: 'DE' },
});
const bodies = [1, 2];
const brokenBody = 3;
/** The second names the first one's key, and is somebody else. */
const keys = ['ada/k1', 'bob/k1', 'ada/k2'];
const processes = [0, 1];

/** Two processes on one log whose transactions end as the test says. What a dead process was asked stays unanswered. */
function startShop() {
  const clock = createVirtualClock();
  const ids = createSeededIds();
  const identity = { ...testIdentity, service: 'order' };
  const storage = createScriptedStorage(createMemoryStorage({ identity, clock }));
  const begin = () => {
    const life = { isOver: false };
    const commit: typeof storage.commit = (requests) =>
      life.isOver ? new Promise(() => {}) : storage.commit(requests);
    const log = createEventLog({ storage: { ...storage, commit }, clock });
    const streams = createStreams<Order, OrderEvent>(log, orderStream);
    const pricing = { price: async (items: Placement['items']) => ok(items) };
    return { life, log, streams, placeOrder: createPlaceOrder({ log, streams, pricing, clock, ids }) };
  };
  const running = processes.map(begin);
  let requests = 0;

  return {
    clock,
    storage,
    async send({ key, body, process }: Sent): Promise<Answer> {
      requests += 1;
      const [caller = '', idempotencyKey = ''] = key.split('/');
      const placement = placementOf(body);
      const command = { placement, caller, idempotencyKey, requestId: `r-${requests}`, traceparent: '' };
      try {
        return await running[process]!.placeOrder(command);
      } catch (error) {
        if (error instanceof LogUnavailableError) return 'log unavailable';
        throw error;
      }
    },
    /** The saga brings the order on. */
    async pay(orderId: OrderId) {
      const { log, streams } = running[0]!;
      const loaded = await streams.loadFresh(orderId);
      const decision = orderDecider.decide(loaded.state, { type: 'MarkOrderPaid' });
      if (!decision.ok) return;
      const cause = { id: causeOf('pay', orderId), correlationId: 'saga' };
      await log.append({ units: [streams.decided(loaded, decision.value, cause).unit] }).catch(() => {});
    },
    crash(process: number) {
      running[process]!.life.isOver = true;
      running[process] = begin();
    },
    orders: async () => storage.listReadModel({ limit: 1_000 }),
  };
}

type Shop = ReturnType<typeof startShop>;

/** What each key has been promised, and what is under way. */
type Model = {
  readonly promised: Map<string, { readonly body: number; readonly order: OrderRecord }>;
  readonly underWay: Set<Sent>;
  readonly created: Set<string>;
  /** Answers that cannot be right. */
  readonly lies: unknown[];
};

type Command = fc.AsyncCommand<Model, Shop>;

/** An answer promises something, and agrees with all that was promised before. `company` was under way when it was asked. */
function hear(model: Model, sent: Sent, company: readonly Sent[], answer: Answer): void {
  const { key, body } = sent;
  if (answer === 'log unavailable') return;
  const before = model.promised.get(key);
  if (answer.ok) {
    const { order, replayed } = answer.value;
    expect(order.items).toEqual(placementOf(body).items);
    expect(order.status).toBe('CREATED');
    // One order of a key, one request that placed it, and the same answer to all who ask.
    if (before !== undefined) expect({ body, order }).toEqual(before);
    if (!replayed) {
      expect(model.created).not.toContain(key);
      model.created.add(key);
    }
    model.promised.set(key, { body, order });
    return;
  }
  switch (answer.error.code) {
    case 'validation-failed':
      return expect(body).toBe(brokenBody);
    case 'idempotency-key-reused':
      return expect(before?.body).not.toBe(body);
    case 'request-in-progress':
      return expect(company.map((other) => other.key)).toContain(key);
    case 'overloaded':
      // Promises nothing, and takes no key: the last sends show that it passes.
      return;
    case 'price-changed':
      return expect.unreachable(answer.error.code);
  }
}

const command = (name: string, run: (model: Model, shop: Shop) => unknown): Command => ({
  check: () => true,
  toString: () => name,
  async run(model, shop) {
    await run(model, shop);
    expect(model.lies).toEqual([]);
  },
});

const send = (sent: Sent, times: number) =>
  command(`send ${sent.key} with body ${sent.body} ${times} times to process ${sent.process}`, (model, shop) => {
    for (let time = 0; time < times; time += 1) {
      const request = { ...sent };
      const company = [...model.underWay].filter(({ process }) => process === sent.process);
      model.underWay.add(request);
      const heard = shop.send(request).then((answer) => {
        if (!model.underWay.delete(request)) return;
        hear(model, request, company, answer);
      });
      void heard.catch((lie: unknown) => model.lies.push(lie));
    }
  });
const fates = (some: readonly CommitFate[]) =>
  command(`commits end ${some.join(', ')}`, (_model, shop) => shop.storage.next(...some));
const pass = (ms: number) => command(`${ms} ms pass`, (_model, shop) => shop.clock.advance(ms));
const crash = (process: number) =>
  command(`process ${process} ends`, (model, shop) => {
    for (const sent of model.underWay) if (sent.process === process) model.underWay.delete(sent);
    shop.crash(process);
  });
const pay = (key: string) =>
  command(`the order of ${key} is paid`, (model, shop) => {
    const order = model.promised.get(key)?.order;
    if (order !== undefined) void shop.pay(order.id);
  });

const aSent = fc.record({
  key: fc.constantFrom(...keys),
  body: fc.constantFrom(...bodies, ...bodies, brokenBody),
  process: fc.constantFrom(...processes),
});
const aFate = fc.constantFrom<CommitFate>('committed', 'locked', 'refused', 'lost-before', 'lost-after', 'throws');
const often = (count: number, arbitrary: fc.Arbitrary<Command>) => Array.from({ length: count }, () => arbitrary);
const commands = fc.commands<Model, Shop, false>(
  [
    ...often(
      4,
      fc.tuple(aSent, fc.integer({ min: 1, max: 3 })).map((args) => send(...args)),
    ),
    ...often(2, fc.array(aFate, { minLength: 1, maxLength: 8, size: 'max' }).map(fates)),
    ...often(3, fc.constantFrom(0, 1, 250, 3_000).map(pass)),
    fc.constantFrom(...processes).map(crash),
    fc.constantFrom(...keys).map(pay),
  ],
  { maxCommands: 40, size: 'max' },
);

/** Longer than all commits that are scripted could take, one after the other. */
const everythingIsOverMs = 600_000;

it('one key is one order, however often, wherever and with whatever it is sent, and all are told the same', async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (some) => {
      const model: Model = { promised: new Map(), underWay: new Set(), created: new Set(), lies: [] };
      const shop = startShop();
      await fc.asyncModelRun(() => ({ model, real: shop }), some);
      shop.storage.recover();
      await shop.clock.advance(everythingIsOverMs);
      expect(model.underWay.size).toBe(0);

      // Whoever asks again on a good day is told what became of it: one of the bodies has it, and it stays.
      for (const key of keys) {
        for (const body of bodies) await send({ key, body, process: 0 }, 1).run(model, shop);
        await shop.clock.advance(everythingIsOverMs);
      }
      expect(model.lies).toEqual([]);
      const orders = await shop.orders();
      expect(orders.map(({ streamId }) => streamId).toSorted()).toEqual(
        [...model.promised.values()].map(({ order }) => order.id).toSorted(),
      );
      expect([...model.promised.keys()].toSorted()).toEqual(keys.toSorted());
    }),
    { numRuns: 300 },
  );
});
