import { createEventLog, createStreams, type Loaded, maxStreamEvents, type TimerChange } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { anOrder, testIdentity } from '@checkout/event-log/testing';
import { causeOf, type OrderId } from '@checkout/kernel';
import { createVirtualClock } from '@checkout/kernel/testing';
import { createRecordingLogger } from '@checkout/runtime/testing';
import { expect, it } from 'vitest';
import { TransientError } from './errors.ts';
import { type Tally, tallied, type TallyEvent, tallyStream } from './testing/tally.fixture.ts';
import { createStreamTimers, type TimerHandler } from './timer-work.ts';

const ours = anOrder(0, 1);
const neighbour = anOrder(0, 2);

/** Timers that tally their kind when they fire, unless the test says otherwise. */
function setup() {
  const clock = createVirtualClock();
  const logger = createRecordingLogger();
  const storage = createMemoryStorage({ identity: testIdentity, clock });
  const log = createEventLog({ storage, clock, soleWriter: true });
  const streams = createStreams<Tally, TallyEvent>(log, tallyStream);
  const fired: string[] = [];
  const behaviours = new Map<OrderId, TimerHandler<Tally, TallyEvent>>();
  const timers = createStreamTimers<Tally, TallyEvent>({
    log,
    streams,
    clock,
    logger,
    handle(loaded, timer) {
      fired.push(`${timer.kind} at ${clock.monotonic()}`);
      const behave = behaviours.get(timer.streamId);
      return behave?.(loaded, timer) ?? { events: [{ ...tallied(timer.kind), timer: null }] };
    },
  });
  timers.start();

  /** Another writer's row, which may set or clear the timer. */
  const record = async (orderId: OrderId, change?: TimerChange, label = 'row', count = 1) => {
    const loaded = await streams.loadFresh(orderId);
    const events = Array.from({ length: count }, () => ({
      ...tallied(label),
      ...(change === undefined ? {} : { timer: change }),
    }));
    const cause = { id: causeOf('record', orderId, loaded.version), correlationId: 'c' };
    const { outcomes } = await log.append({ units: [streams.decided(loaded, events, cause).unit] });
    if (outcomes[0]?.kind === 'appended') streams.remember(streams.apply(loaded, outcomes[0].rows));
  };
  return {
    clock,
    logger,
    log,
    fired,
    record,
    on: (orderId: OrderId, behave: TimerHandler<Tally, TallyEvent>) => void behaviours.set(orderId, behave),
    mend: (orderId: OrderId) => void behaviours.delete(orderId),
    stop: () => timers.stop(),
    rows: async (orderId: OrderId) =>
      (await log.readStream(orderId)).map(({ type, data }) =>
        type === 'Tallied' ? (data as { label: string }).label : type,
      ),
    timerOf: async (orderId: OrderId) => (await log.readModel(orderId))?.timer,
  };
}

it('a timer is handled when it is due, and what follows is recorded with the timer as its cause', async () => {
  const { clock, record, rows, timerOf, log, fired } = setup();
  await record(ours, { kind: 'resend', afterMs: 5_000 });
  await clock.advance(10_000);

  expect(fired).toEqual(['resend at 5000']);
  expect(await rows(ours)).toEqual(['row', 'resend']);
  expect((await log.readStream(ours))[1]?.causeId).toBe(causeOf('timer', ours, 1));
  expect(await timerOf(ours)).toBeNull();
});

it('a timer from which nothing follows is noted and over', async () => {
  const { clock, record, on, rows, timerOf, fired } = setup();
  on(ours, () => ({ events: [] }));
  await record(ours, { kind: 'resend', afterMs: 5_000 });
  await clock.advance(60_000);

  expect(fired).toHaveLength(1);
  expect(await rows(ours)).toEqual(['row', 'Noted']);
  expect(await timerOf(ours)).toBeNull();
});

it('a timer whose events say nothing of it is over, and they are recorded', async () => {
  const { clock, record, on, rows, timerOf, fired } = setup();
  on(ours, () => ({ events: [tallied('fired')] }));
  await record(ours, { kind: 'resend', afterMs: 5_000 });
  await clock.advance(60_000);

  expect(fired).toHaveLength(1);
  expect(await rows(ours)).toEqual(['row', 'fired', 'Noted']);
  expect(await timerOf(ours)).toBeNull();
});

it('what runs after the commit sees the timer that was set', async () => {
  const { clock, record, on } = setup();
  let seen: Loaded<Tally> | undefined;
  on(ours, () => ({
    events: [{ ...tallied('again'), timer: { kind: 'resend', afterMs: 20_000 } }],
    afterCommit(loaded) {
      seen = loaded;
    },
  }));
  await record(ours, { kind: 'resend', afterMs: 5_000 });
  await clock.advance(5_000);

  expect(seen).toMatchObject({ version: 2, timer: { kind: 'resend', setByVersion: 2 } });
});

it('a timer that another change overtakes while it is handled records nothing, and the newer one stays', async () => {
  const { clock, record, on, mend, rows, timerOf, fired } = setup();
  on(ours, async () => {
    mend(ours);
    await record(ours, { kind: 'newer', afterMs: 30_000 });
    return { events: [{ ...tallied('too late'), timer: null }] };
  });
  await record(ours, { kind: 'older', afterMs: 5_000 });
  await clock.advance(5_000);
  expect(await rows(ours)).toEqual(['row', 'row']);
  expect(await timerOf(ours)).toMatchObject({ kind: 'newer', setByVersion: 2 });

  await clock.advance(30_000);
  expect(fired).toEqual(['older at 5000', 'newer at 35000']);
  expect(await rows(ours)).toEqual(['row', 'row', 'newer']);
});

it('a timer that another change clears while it is handled records nothing', async () => {
  const { clock, record, on, rows, timerOf } = setup();
  on(ours, async () => {
    await record(ours, null, 'answered');
    return { events: [{ ...tallied('too late'), timer: { kind: 'resend', afterMs: 1 } }] };
  });
  await record(ours, { kind: 'resend', afterMs: 5_000 });
  await clock.advance(60_000);

  expect(await rows(ours)).toEqual(['row', 'answered']);
  expect(await timerOf(ours)).toBeNull();
});

it('a timer fires also when what is remembered of its stream is older than the timer', async () => {
  const { clock, log, record, rows } = setup();
  await record(ours, null);
  // Another process's row: this one hears nothing of it.
  const theirs = createStreams<Tally, TallyEvent>(log, tallyStream);
  const cause = { id: causeOf('theirs'), correlationId: 'c' };
  const events = [{ ...tallied('theirs'), timer: { kind: 'resend', afterMs: 5_000 } }];
  await log.append({ units: [theirs.decided(await theirs.loadFresh(ours), events, cause).unit] });
  await clock.advance(5_000);

  expect(await rows(ours)).toEqual(['row', 'theirs', 'resend']);
});

it('a timer that a row without a word on timers comes between is handled again on the newer state', async () => {
  const { clock, record, on, rows } = setup();
  let isDisturbed = false;
  on(ours, async ({ version }) => {
    if (!isDisturbed) await record(ours);
    isDisturbed = true;
    return { events: [{ ...tallied(`fired at ${version}`), timer: null }] };
  });
  await record(ours, { kind: 'resend', afterMs: 5_000 });
  await clock.advance(5_000);

  expect(await rows(ours)).toEqual(['row', 'row', 'fired at 2']);
});

it('a timer whose handler fails is set again a minute ahead, and holds up no other', async () => {
  const { clock, record, on, mend, rows, timerOf, logger } = setup();
  on(ours, () => {
    throw new Error('no such step');
  });
  await record(ours, { kind: 'resend', afterMs: 5_000 });
  await record(neighbour, { kind: 'resend', afterMs: 5_000 });
  await clock.advance(5_000);
  expect(await rows(neighbour)).toEqual(['row', 'resend']);
  expect(await rows(ours)).toEqual(['row', 'Noted']);
  expect(await timerOf(ours)).toMatchObject({ kind: 'resend', dueAt: clock.now() + 60_000 });
  expect(logger.lines).toMatchObject([
    { level: 'error', message: 'timer failed', fields: { orderId: ours, type: 'resend' } },
  ]);

  mend(ours);
  await clock.advance(60_000);
  expect(await rows(ours)).toEqual(['row', 'Noted', 'resend']);
});

it('a timer of a full stream is over: it is said, and the stream grows no more', async () => {
  const { clock, record, rows, timerOf, fired, logger } = setup();
  await record(ours, undefined, 'row', maxStreamEvents - 1);
  await record(ours, { kind: 'resend', afterMs: 5_000 });
  await record(neighbour, { kind: 'resend', afterMs: 5_000 });
  await clock.advance(600_000);

  expect(fired.filter((line) => line === 'resend at 5000')).toHaveLength(4);
  expect(await rows(ours)).toHaveLength(maxStreamEvents + 1);
  expect(await timerOf(ours)).toBeNull();
  expect(await rows(neighbour)).toEqual(['row', 'resend']);
  expect(logger.lines).toMatchObject([
    { message: 'timer failed', fields: { err: { message: expect.stringContaining('would exceed 500 events') } } },
  ]);
});

it('timers wait when the log is away, and fire when it is back', async () => {
  const { clock, record, on, mend, rows, logger } = setup();
  on(ours, () => {
    throw new TransientError('the log is away');
  });
  await record(ours, { kind: 'resend', afterMs: 5_000 });
  await clock.advance(20_000);
  expect(await rows(ours)).toEqual(['row']);
  expect(logger.lines.map(({ message }) => message)).toContain('timers will be tried again');

  mend(ours);
  await clock.advance(20_000);
  expect(await rows(ours)).toEqual(['row', 'resend']);
});

it('stopping waits for the timers in hand', async () => {
  const { clock, record, on, rows, stop } = setup();
  const gate = Promise.withResolvers<void>();
  on(ours, async () => {
    await gate.promise;
    return { events: [{ ...tallied('fired'), timer: null }] };
  });
  await record(ours, { kind: 'resend', afterMs: 5_000 });
  await clock.advance(5_000);
  const stopped = stop();
  gate.resolve();
  await stopped;

  expect(await rows(ours)).toEqual(['row', 'fired']);
  expect(clock.pending()).toBe(0);
});
