import type { Message, RawMessage } from '@checkout/contracts';
import { createEventLog, createStreams, type Loaded, type StreamDefinition } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { anOrder, type CommitFate, createScriptedStorage, testIdentity } from '@checkout/event-log/testing';
import type { OrderId } from '@checkout/kernel';
import { createVirtualClock } from '@checkout/kernel/testing';
import { createMetrics } from '@checkout/runtime';
import { createSilentLogger } from '@checkout/runtime/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createBackground } from './background.ts';
import { createCallGate } from './call-gate.ts';
import { createConsumer } from './consumer.ts';
import { TransientError } from './errors.ts';
import { createRecorder } from './recorder.ts';
import { createWorkers } from './service-parts.ts';
import { createMessageBuilder } from './testing/messages.builder.ts';
import { createStubBus } from './testing/stub-bus.ts';
import { createStreamTimers } from './timer-work.ts';
import type { Outcome } from './work.ts';

/** A participant in small: it asks a provider, at once or later, and records the answer once. */
type Job = { readonly status: 'NONE' | 'PENDING' | 'DONE' };
type JobEvent = { readonly type: 'JobPending' | 'JobDone'; readonly data: Record<string, never> };

const jobStream: StreamDefinition<Job, JobEvent> = {
  table: { name: 'jobs', columns: { status: 'text' } },
  initialState: { status: 'NONE' },
  evolve: (_job, { type }) => ({ status: type === 'JobDone' ? 'DONE' : 'PENDING' }),
  project: ({ status }) => ({ view: { status }, columns: { status } }),
};

const askAgainMs = 5_000;
const timer = { kind: 'ask', afterMs: askAgainMs } as const;
const done = { type: 'JobDone', data: {}, timer: null } as const;
const pending = { type: 'JobPending', data: {}, timer } as const;

/** For how long a provider thinks that does not answer, milliseconds; it lets go when the service stops. */
const neverMs = 3_600_000;
const jobs = Array.from({ length: 24 }, (_, index) => anOrder(index % 3, index + 1));
/** The batch's wait for its calls, and all tries of a commit with their pauses. */
const maxStopMs = 5_000;

function startParticipant() {
  const clock = createVirtualClock();
  const identity = { ...testIdentity, service: 'payment' };
  const storage = createScriptedStorage(createMemoryStorage({ identity, clock }));
  const logger = createSilentLogger();
  const build = createMessageBuilder(identity.partitions);
  /** What the provider was asked while the service was in which state. */
  const asked: { readonly orderId: OrderId; readonly when: 'running' | 'stopping' | 'stopped' }[] = [];
  /** What was written by a process that said that it had stopped. */
  const late: unknown[] = [];
  let thinkingMs = 0;
  let underWay = 0;

  const begin = () => {
    const life: { state: 'running' | 'stopping' | 'stopped' } = { state: 'running' };
    const commit: typeof storage.commit = (requests) => {
      if (life.state === 'stopped') late.push(requests);
      return storage.commit(requests);
    };
    const log = createEventLog({ storage: { ...storage, commit }, clock, soleWriter: true });
    const streams = createStreams<Job, JobEvent>(log, jobStream);
    const background = createBackground(() => {});
    const calls = createCallGate(clock, background.closing);
    const record = createRecorder<Job, JobEvent>({ log, streams });
    const bus = createStubBus(identity.partitions);

    const ask = async (orderId: OrderId): Promise<{ readonly answered: boolean }> => {
      asked.push({ orderId, when: life.state });
      underWay += 1;
      await clock.sleep(thinkingMs, background.signal);
      underWay -= 1;
      return { answered: !background.signal.aborted };
    };
    const finish = async (loaded: Loaded<Job>, call: Promise<{ readonly answered: boolean }>) => {
      if ((await call).answered) await record(loaded, ({ status }) => (status === 'DONE' ? [] : [done]));
    };
    const handle = async ({ streamId, state }: Loaded<Job>, _message: Message): Promise<Outcome<Job, JobEvent>> => {
      if (state.status !== 'NONE') return { events: [] };
      const { call, result } = await calls.start(() => ask(streamId));
      if (result?.answered) return { events: [done] };
      return { events: [pending], afterCommit: (loaded) => background.goOn(() => finish(loaded, call)) };
    };
    const workers = createWorkers({
      bus,
      consumer: createConsumer({
        group: 'payment',
        log,
        streams,
        handlers: { CapturePayment: handle },
        clock,
        logger,
        metrics: createMetrics('payment'),
      }),
      timers: createStreamTimers<Job, JobEvent>({
        log,
        streams,
        clock,
        logger,
        handle: ({ state }) =>
          state.status === 'PENDING'
            ? {
                events: [pending],
                afterCommit: (loaded) => background.run(() => finish(loaded, ask(loaded.streamId))),
              }
            : { events: [] },
      }),
      background,
    });
    return { life, bus, workers };
  };
  let current = begin();

  return {
    clock,
    storage,
    asked,
    late,
    build,
    underWay: () => underWay,
    state: () => current.life.state,
    think: (ms: number) => {
      thinkingMs = ms;
    },
    start: () => current.workers.start(),
    deliver: (messages: readonly RawMessage[]) => current.bus.deliver(...messages),
    /** Resolves with how long it took. */
    async stop(): Promise<number> {
      const { life, workers } = current;
      const from = clock.monotonic();
      life.state = 'stopping';
      await workers.stop();
      life.state = 'stopped';
      return clock.monotonic() - from;
    },
    async restart() {
      current = begin();
      await current.workers.start();
    },
    statusOf: async (orderId: OrderId) => {
      const row = await storage.readModel(orderId);
      return { status: (row?.view as Job | undefined)?.status ?? 'NONE', timer: row?.timer ?? null };
    },
    doneRows: async (orderId: OrderId) =>
      (await storage.readStream(orderId)).filter(({ type }) => type === 'JobDone').length,
  };
}

type Participant = ReturnType<typeof startParticipant>;

/** What was handed over, and what the bus was told to be handled. */
type Model = { readonly sent: RawMessage[]; readonly handled: Set<OrderId>; readonly lies: unknown[] };

type Command = fc.AsyncCommand<Model, Participant>;

const command = (name: string, run: (model: Model, participant: Participant) => unknown): Command => ({
  check: () => true,
  toString: () => name,
  async run(model, participant) {
    await run(model, participant);
    await participant.clock.settle();
    await expectSafe(model, participant);
  },
});

/** What is handled is done, or a durable timer is set that will see to it; and nothing begins once the service stops. */
async function expectSafe({ handled, lies }: Model, participant: Participant): Promise<void> {
  expect(lies).toEqual([]);
  for (const orderId of handled) {
    const { status, timer: left } = await participant.statusOf(orderId);
    expect([status, left !== null]).toEqual([status, status === 'PENDING']);
    expect(status).not.toBe('NONE');
  }
  expect(participant.asked.filter(({ when }) => when !== 'running')).toEqual([]);
  expect(participant.late).toEqual([]);
}

const deliver = (count: number) =>
  command(`deliver ${count} commands`, (model, participant) => {
    const orders = jobs.slice(model.sent.length, model.sent.length + count);
    const messages = orders.map((orderId) => participant.build('CapturePayment', orderId, { attempt: 1 }));
    model.sent.push(...messages);
    handOver(model, participant, messages);
  });
function handOver(model: Model, participant: Participant, messages: readonly RawMessage[]): void {
  const delivered = participant.deliver(messages).then(
    () => messages.forEach(({ orderId }) => model.handled.add(orderId)),
    (error: unknown) => {
      if (!(error instanceof TransientError)) throw error;
    },
  );
  void delivered.catch((lie: unknown) => model.lies.push(lie));
}
const think = (ms: number) => command(`the provider thinks for ${ms} ms`, (_model, { think: set }) => set(ms));
const pass = (ms: number) => command(`${ms} ms pass`, (_model, { clock }) => clock.advance(ms));
const fates = (some: readonly CommitFate[]) =>
  command(`commits end ${some.join(', ')}`, (_model, { storage }) => storage.next(...some));

const aFate = fc.constantFrom<CommitFate>('committed', 'committed', 'locked', 'lost-before', 'lost-after');
const often = (count: number, arbitrary: fc.Arbitrary<Command>) => Array.from({ length: count }, () => arbitrary);
const commands = fc.commands<Model, Participant, false>(
  [
    ...often(4, fc.integer({ min: 1, max: 8 }).map(deliver)),
    ...often(2, fc.constantFrom(0, 100, 249, 251, 1_000, neverMs).map(think)),
    ...often(3, fc.constantFrom(0, 1, 100, 250, 4_750, askAgainMs).map(pass)),
    fc.array(aFate, { minLength: 1, maxLength: 4, size: 'max' }).map(fates),
  ],
  { maxCommands: 16, size: 'max' },
);

/** The log hangs for a while before the service stops, and for a while after. */
const aStop = fc.record({
  hangsBeforeMs: fc.constantFrom(0, 1, 250, 4_900, askAgainMs, 5_250),
  hangsAfterMs: fc.constantFrom(0, 1, 100, 250, 251, 1_000),
});

it('stopped at any point, nothing begins any more, and the next process finishes what was in hand, once', async () => {
  await fc.assert(
    fc.asyncProperty(commands, aStop, async (some, { hangsBeforeMs, hangsAfterMs }) => {
      const model: Model = { sent: [], handled: new Set(), lies: [] };
      const participant = startParticipant();
      await participant.start();
      await fc.asyncModelRun(() => ({ model, real: participant }), some);

      const release = participant.storage.hold();
      await pass(hangsBeforeMs).run(model, participant);
      const stopped = participant.stop();
      await pass(hangsAfterMs).run(model, participant);
      release();
      await pass(maxStopMs).run(model, participant);
      expect(participant.state()).toBe('stopped');
      expect(await stopped).toBeLessThanOrEqual(hangsAfterMs + maxStopMs);
      // Nothing is left running: no call, no timer of the process, and no row comes any more.
      expect([participant.underWay(), participant.clock.pending()]).toEqual([0, 0]);
      const heads = await participant.storage.heads();
      await pass(60_000).run(model, participant);
      expect(await participant.storage.heads()).toEqual(heads);

      participant.storage.recover();
      participant.think(0);
      await participant.restart();
      handOver(model, participant, model.sent);
      await pass(60_000).run(model, participant);
      for (const { orderId } of model.sent) {
        expect([await participant.statusOf(orderId), await participant.doneRows(orderId)]).toEqual([
          { status: 'DONE', timer: null },
          1,
        ]);
      }
      const ended = participant.stop();
      await participant.clock.advance(maxStopMs);
      await ended;
    }),
    { numRuns: 100 },
  );
});
