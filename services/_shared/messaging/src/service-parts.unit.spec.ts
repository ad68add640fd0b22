import { createEventLog, createStreams, type LogStorage, type TimerLoop } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { anOrder, testIdentity } from '@checkout/event-log/testing';
import { causeOf } from '@checkout/kernel';
import { createVirtualClock } from '@checkout/kernel/testing';
import { describe, expect, it } from 'vitest';
import { createBackground } from './background.ts';
import type { Bus } from './bus.port.ts';
import { createWorkers, deadLetterOperations, logReadiness, logVerification } from './service-parts.ts';
import { createConsumerDriver, poison } from './testing/consumer.driver.ts';
import { type Tally, tallied, type TallyEvent, tallyStream } from './testing/tally.fixture.ts';

describe('the workers of a service', () => {
  /** Parts that say when they are called; stopping the bus takes until the test lets it. */
  function setup() {
    const calls: string[] = [];
    const busStopped = Promise.withResolvers<void>();
    const background = createBackground(() => {});
    const part = (name: string) => ({
      start: () => void calls.push(`start ${name}`),
      stop: async () => void calls.push(`stop ${name}`),
    });
    const bus: Bus = {
      subscribe: ({ group }) => void calls.push(`subscribe ${group}`),
      start: async () => void calls.push('start bus'),
      stop: () => busStopped.promise.then(() => void calls.push('stop bus')),
    };
    const consumer = {
      ...part('consumer'),
      subscription: { group: 'payment', topics: [], accepts: () => true, handle: async () => 'done' as const },
      redrive: async () => undefined,
    };
    const timers: TimerLoop = part('timers');
    return { calls, background, busStopped, workers: createWorkers({ bus, consumer, timers, background }) };
  }

  it('begin with the bus, which may refuse', async () => {
    const { calls, workers } = setup();
    await workers.start();
    expect(calls).toEqual(['subscribe payment', 'start bus', 'start consumer', 'start timers']);
  });

  it('give up what goes on in the background only when the batches are over, and then wait for it', async () => {
    const { calls, background, busStopped, workers } = setup();
    await workers.start();
    background.run(async (signal) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      calls.push('background ends');
    });
    const stopped = workers.stop();
    await Promise.resolve();
    expect(background.closing.aborted).toBe(true);
    expect(background.signal.aborted).toBe(false);
    busStopped.resolve();
    await stopped;

    expect(calls.slice(-4)).toEqual(['stop timers', 'stop consumer', 'stop bus', 'background ends']);
  });
});

describe('dead letters as operators see them', () => {
  const withLetters = async () => {
    const driver = createConsumerDriver();
    const { capture, deliver, on, log } = driver;
    const bad = capture(anOrder(), 1);
    on(bad, poison);
    await deliver(bad, capture(anOrder(), 2), capture(anOrder(), 3));
    const consumer = { redrive: (orderId: never, options: { dryRun: boolean }) => driver.redrive(orderId, options) };
    return { ...driver, bad, operations: deadLetterOperations(log(), consumer as never) };
  };

  it('say what, where and why, and nothing of the data', async () => {
    const { operations, bad } = await withLetters();
    const { items } = await operations.list({ limit: 10, cursor: null });

    expect(items[0]).toEqual({
      service: 'payment',
      group: 'payment',
      orderId: anOrder(),
      seq: 1,
      topic: 'checkout.payment.commands',
      messageId: bad.id,
      type: 'CapturePayment',
      reason: 'handler-failed',
      detail: 'no such currency',
      state: 'parked',
      parkedAt: '2026-01-01T00:00:00.000Z',
    });
  });

  it('come page by page', async () => {
    const { operations } = await withLetters();
    const first = await operations.list({ limit: 2, cursor: null });
    const second = await operations.list({ limit: 2, cursor: first.nextCursor });

    expect(first.items.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(second).toMatchObject({ items: [{ seq: 3 }], nextCursor: null });
  });

  it('are redriven, and there is nothing to redrive for other orders', async () => {
    const { operations, redriven, mend, bad, tally } = await withLetters();
    mend(bad);
    expect(await operations.redrive(anOrder(1), { dryRun: false })).toBeNull();
    expect((await operations.redrive(anOrder(), { dryRun: true }))?.items.map(({ state }) => state)).toEqual([
      'parked',
      'held',
      'held',
    ]);
    await operations.redrive(anOrder(), { dryRun: false });
    await redriven();

    expect(await tally(anOrder())).toEqual(['1', '2', '3']);
  });
});

describe('what a service says of its log', () => {
  const setup = (parts: Partial<LogStorage> = {}) => {
    const clock = createVirtualClock();
    const storage = { ...createMemoryStorage({ identity: testIdentity, clock }), ...parts };
    return createEventLog({ storage, clock });
  };
  const append = async (log: ReturnType<typeof setup>, columns: Readonly<Record<string, number>>) => {
    const streams = createStreams<Tally, TallyEvent>(log, tallyStream);
    const cause = { id: causeOf('test'), correlationId: 'c' };
    const { unit } = streams.decided(await streams.loadFresh(anOrder()), [tallied('a')], cause);
    const [stream] = unit.streams;
    await log.append({
      units: [{ ...unit, streams: [{ ...stream!, readModel: { view: { labels: ['a'] }, columns } }] }],
    });
  };

  describe('readiness', () => {
    const away = () => Promise.reject(new Error('the disk is away'));
    /** A log whose answer is the test's. */
    const answering = (first: () => Promise<void>) => {
      const clock = createVirtualClock();
      const answer = { now: first, asked: 0 };
      const ping = () => {
        answer.asked += 1;
        return answer.now();
      };
      return { clock, answer, log: setup({ ping }) };
    };
    const checkOf = (ok: boolean, detail?: string) => ({
      ready: ok,
      checks: [{ name: 'log', ok, required: true, ...(detail !== undefined && { detail }) }],
    });

    it('is there when the log answers, and not when it never did', async () => {
      expect(await logReadiness(setup(), createVirtualClock())()).toEqual(checkOf(true));
      expect(await logReadiness(setup({ ping: away }), createVirtualClock())()).toEqual(
        checkOf(false, 'the disk is away'),
      );
    });

    it('outlasts a silence of 30 s, and no longer one', async () => {
      const { clock, answer, log } = answering(async () => {});
      const readiness = logReadiness(log, clock);
      await readiness();
      answer.now = away;
      await clock.advance(30_000);
      expect(await readiness()).toEqual(checkOf(true, 'the disk is away'));
      await clock.advance(1);
      expect(await readiness()).toEqual(checkOf(false, 'the disk is away'));
      answer.now = async () => {};
      expect(await readiness()).toEqual(checkOf(true));
    });

    it('is told within a second of a log that hangs, which is asked once', async () => {
      const { clock, answer, log } = answering(() => new Promise(() => {}));
      const readiness = logReadiness(log, clock);
      for (let round = 0; round < 3; round += 1) {
        const told = readiness();
        await clock.advance(1_000);
        expect(await told).toEqual(checkOf(false, 'no answer within 1000 ms'));
      }
      expect(answer.asked).toBe(1);
      expect(clock.pending()).toBe(0);
    });

    it('shows the others, and does not depend on them', async () => {
      const psp = { name: 'psp', ok: false, required: false } as const;
      const { ready, checks } = await logReadiness(setup(), createVirtualClock(), () => [psp])();
      expect([ready, checks[1]]).toEqual([true, psp]);
    });
  });

  it('is in order when the read model is what the rows say', async () => {
    const log = setup();
    await append(log, { count: 1 });
    expect(await logVerification(log, tallyStream, createVirtualClock())()).toEqual({
      ok: true,
      findings: [],
      counts: { rows: 1, streams: 1, problems: 0 },
    });
  });

  it('names what is not', async () => {
    const log = setup();
    await append(log, { count: 7 });
    expect(await logVerification(log, tallyStream, createVirtualClock())()).toEqual({
      ok: false,
      findings: [`read-model-differs in partition 0 of ${anOrder()}: the row at version 1 is not what the log says`],
      counts: { rows: 1, streams: 1, problems: 1 },
    });
  });

  it('is asked for once by all who ask meanwhile, and anew by who asks later', async () => {
    const log = setup();
    await append(log, { count: 1 });
    let replays = 0;
    const counted: typeof log = {
      ...log,
      database: {
        ...log.database,
        heads() {
          replays += 1;
          return log.database.heads();
        },
      },
    };
    const verify = logVerification(counted, tallyStream, createVirtualClock());
    const one = await verify();
    const ofOne = replays;
    const [first, second] = await Promise.all([verify(), verify()]);
    expect([first, second]).toEqual([one, one]);
    expect(replays).toBe(2 * ofOne);
  });
});
