import { causeOfMessage, type Message, type RawMessage } from '@checkout/contracts';
import { createEventLog, createStreams, type Loaded } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { anOrder, type CommitFate, createScriptedStorage, testIdentity } from '@checkout/event-log/testing';
import type { OrderId } from '@checkout/kernel';
import { createVirtualClock } from '@checkout/kernel/testing';
import { createMetrics } from '@checkout/runtime';
import { createSilentLogger } from '@checkout/runtime/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createConsumer } from './consumer.ts';
import { TransientError } from './errors.ts';
import { createMessageBuilder } from './testing/messages.builder.ts';
import { createStubBus } from './testing/stub-bus.ts';
import { labelOf, type Tally, tallied, type TallyEvent, tallyHandlers, tallyStream } from './testing/tally.fixture.ts';

/** Two orders share a partition. */
const orders = [anOrder(0, 1), anOrder(0, 2), anOrder(1, 3)];
const instances = [0, 1];
const handlingMs = 30;

/** What a message leads to is a matter of its number: a tally, two at once, or nothing. */
const eventsOf = (label: string, state: Tally): readonly TallyEvent[] => {
  const seen = `${label} after ${state.labels.length}`;
  const kind = Number(label) % 4;
  if (kind === 0) return [];
  return kind === 1 ? [tallied(seen), tallied(`${label} after ${state.labels.length + 1}`)] : [tallied(seen)];
};

/** Two consumers of one group on one log, which each take the other for dead. */
function startGroup() {
  const clock = createVirtualClock();
  const identity = { ...testIdentity, service: 'payment' };
  const storage = createScriptedStorage(createMemoryStorage({ identity, clock }));
  const build = createMessageBuilder(identity.partitions);

  const tries: string[] = [];
  const handle = async (loaded: Loaded<Tally>, message: Message) => {
    const label = labelOf(message);
    tries.push(label);
    // Some take their time, so that the other instance comes between.
    if (Number(label) % 3 === 0) await clock.sleep(handlingMs);
    return { events: eventsOf(label, loaded.state) };
  };
  const begin = (instance: number) => {
    const life = { isOver: false };
    const commit: typeof storage.commit = (requests) =>
      life.isOver ? new Promise(() => {}) : storage.commit(requests);
    const log = createEventLog({ storage: { ...storage, commit }, clock });
    const bus = createStubBus(identity.partitions);
    const consumer = createConsumer({
      group: 'payment',
      log,
      streams: createStreams<Tally, TallyEvent>(log, tallyStream),
      handlers: tallyHandlers(handle),
      clock,
      logger: createSilentLogger(),
      metrics: createMetrics(`payment-${instance}`),
    });
    bus.subscribe(consumer.subscription);
    return { life, bus };
  };
  const running = instances.map(begin);

  return {
    clock,
    storage,
    build,
    tries,
    deliver: (instance: number, messages: readonly RawMessage[]) => running[instance]!.bus.deliver(...messages),
    crash(instance: number) {
      running[instance]!.life.isOver = true;
      running[instance] = begin(instance);
    },
    rowsOf: (orderId: OrderId) => storage.readStream(orderId),
  };
}

type Group = ReturnType<typeof startGroup>;

/** What was published, and what a bus may believe to be handled. */
type Model = { readonly published: RawMessage[]; readonly handled: Set<RawMessage>; readonly lies: unknown[] };

type Command = fc.AsyncCommand<Model, Group>;

const command = (name: string, run: (model: Model, group: Group) => unknown): Command => ({
  check: () => true,
  toString: () => name,
  async run(model, group) {
    await run(model, group);
    expect(model.lies).toEqual([]);
    for (const orderId of orders) expectInbox(model, orderId, await group.rowsOf(orderId));
  },
});

/** Each message that is recorded has acted once and whole, on the very state that it follows; what is handled is recorded. */
function expectInbox(model: Model, orderId: OrderId, rows: Awaited<ReturnType<Group['rowsOf']>>): void {
  const byCause = Map.groupBy(rows, ({ causeId }) => causeId);
  let labels: readonly string[] = [];
  for (const ofCause of byCause.values()) {
    // Side by side: a message's rows were recorded together.
    expect(ofCause.map(({ version }) => version - ofCause[0]!.version)).toEqual(ofCause.map((_, index) => index));
    const told = ofCause.flatMap(({ type, data }) => (type === 'Tallied' ? [(data as { label: string }).label] : []));
    const label = told[0]?.split(' ')[0];
    if (label === undefined) expect(ofCause.map(({ type }) => type)).toEqual(['Noted']);
    else expect(told).toEqual(eventsOf(label, { labels }).map(({ data }) => data.label));
    labels = [...labels, ...told];
  }
  const causesOf = (messages: Iterable<RawMessage>) =>
    [...messages].flatMap((message) => (message.orderId === orderId ? [causeOfMessage(message.id)] : []));
  expect(causesOf(model.published)).toEqual(expect.arrayContaining([...byCause.keys()]));
  expect([...byCause.keys()]).toEqual(expect.arrayContaining(causesOf(model.handled)));
}

const publish = (order: number) =>
  command(`publish to order ${order}`, ({ published }, { build }) => {
    const orderId = orders[order]!;
    const label = published.length + 1;
    published.push(
      label % 2 === 0
        ? build('CapturePayment', orderId, { attempt: label })
        : build('OrderCancellationRefused', orderId, { reason: String(label) }),
    );
  });

/** Any messages, in any order and any of them twice; nobody waits for it. */
const deliver = (instance: number, which: readonly number[]) =>
  command(`deliver ${which.join()} to instance ${instance}`, (model, group) => {
    const { published } = model;
    if (published.length === 0) return;
    const messages = which.map((number) => published[number % published.length]!);
    const delivered = group.deliver(instance, messages).then(
      () => messages.forEach((message) => model.handled.add(message)),
      (error: unknown) => {
        if (!(error instanceof TransientError)) throw error;
      },
    );
    void delivered.catch((error: unknown) => model.lies.push(error));
  });
const fates = (some: readonly CommitFate[]) =>
  command(`commits end ${some.join(', ')}`, (_model, { storage }) => storage.next(...some));
const pass = (ms: number) => command(`${ms} ms pass`, (_model, { clock }) => clock.advance(ms));
const crash = (instance: number) => command(`instance ${instance} ends`, (_model, group) => group.crash(instance));

const anInstance = fc.constantFrom(...instances);
const aFate = fc.constantFrom<CommitFate>('committed', 'locked', 'refused', 'lost-before', 'lost-after', 'throws');
const often = (count: number, arbitrary: fc.Arbitrary<Command>) => Array.from({ length: count }, () => arbitrary);
const commands = fc.commands<Model, Group, false>(
  [
    ...often(
      3,
      fc.nat({ max: orders.length - 1 }).map((order) => publish(order)),
    ),
    ...often(
      4,
      fc
        .tuple(anInstance, fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 10, size: 'max' }))
        .map((args) => deliver(...args)),
    ),
    ...often(3, fc.constantFrom(0, 10, handlingMs, 2_000).map(pass)),
    fc.array(aFate, { minLength: 1, maxLength: 6, size: 'max' }).map(fates),
    anInstance.map(crash),
  ],
  { maxCommands: 50, size: 'max' },
);

const everythingIsOverMs = 60_000;

it('every message acts once and whole, however often, wherever and in whatever order it comes', async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (some) => {
      const model: Model = { published: [], handled: new Set(), lies: [] };
      const group = startGroup();
      await fc.asyncModelRun(() => ({ model, real: group }), some);

      group.storage.recover();
      await group.clock.advance(everythingIsOverMs);
      const all = model.published.map((_, index) => index);
      if (all.length > 0) await deliver(0, [...all, ...all.toReversed()]).run(model, group);
      await pass(everythingIsOverMs).run(model, group);
      expect(model.handled.size).toBe(model.published.length);
      // Nor is anything handled again that is recorded: a participant would call its provider.
      const tries = group.tries.length;
      if (all.length > 0) await deliver(1, all).run(model, group);
      await pass(everythingIsOverMs).run(model, group);
      expect(group.tries.length).toBe(tries);
    }),
    { numRuns: 150 },
  );
});
