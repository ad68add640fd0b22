import { UnavailableError } from '@checkout/kernel';
import { createVirtualClock } from '@checkout/kernel/testing';
import { describe, expect, it } from 'vitest';
import { createEventLog, type EventLog } from './event-log.ts';
import { createMemoryStorage } from './memory/index.ts';
import type { TimerChange } from './rows.ts';
import type { DueTimer } from './storage.port.ts';
import { anEvent, anOrder, aUnit, testIdentity } from './testing/index.ts';
import { causeOfTimer, createTimerLoop, type TimerLoopDeps } from './timers.ts';

function setUp() {
  const clock = createVirtualClock();
  const storage = createMemoryStorage({ identity: testIdentity, clock });
  const log = createEventLog({ storage, clock });
  const startedAt = clock.now();
  /** Every firing, with the milliseconds since the test began. */
  const fired: { readonly kind: string; readonly atMs: number }[] = [];
  const errors: string[] = [];

  /** Records that the timer fired and clears it, as a handler would. */
  const clear = async (timers: readonly DueTimer[]) => {
    const units = timers.map((timer) => {
      fired.push({ kind: timer.kind, atMs: clock.now() - startedAt });
      const unit = aUnit(timer.streamId, timer.setByVersion, { events: [anEvent(1, { timer: null })] });
      return { ...unit, cause: causeOfTimer(timer) };
    });
    await log.append({ units });
  };
  const aLoop = (parts: Partial<TimerLoopDeps> = {}) =>
    createTimerLoop({ log, clock, fire: clear, onError: (error) => errors.push(error.message), ...parts });
  return { clock, storage, log, fired, errors, clear, aLoop };
}

const setTimer = async (log: EventLog, number: number, timer: TimerChange) => {
  await log.append({ units: [aUnit(anOrder(number % 4, number), 0, { events: [anEvent(0, { timer })] })] });
};

describe('the timers of a log', () => {
  it('fire once, when they are due', async () => {
    const { clock, log, fired, aLoop } = setUp();
    const loop = aLoop();
    loop.start();
    await setTimer(log, 1, { kind: 'a', afterMs: 5_000 });
    await setTimer(log, 2, { kind: 'b', afterMs: 2_500 });
    await clock.advance(2_499);
    expect(fired).toEqual([]);
    await clock.advance(60_000);
    expect(fired).toEqual([
      { kind: 'b', atMs: 2_500 },
      { kind: 'a', atMs: 5_000 },
    ]);
    await loop.stop();
    expect(clock.pending()).toBe(0);
  });

  it('survive a restart, and one that came due meanwhile fires at once', async () => {
    const { clock, log, fired, aLoop } = setUp();
    const first = aLoop();
    first.start();
    await setTimer(log, 1, { kind: 'due while stopped', afterMs: 3_000 });
    await setTimer(log, 2, { kind: 'due later', afterMs: 10_000 });
    await first.stop();
    await clock.advance(5_000);
    expect(fired).toEqual([]);
    const second = aLoop();
    second.start();
    await clock.advance(20_000);
    expect(fired).toEqual([
      { kind: 'due while stopped', atMs: 5_000 },
      { kind: 'due later', atMs: 10_000 },
    ]);
    await second.stop();
  });

  it('wake the loop for one that is due sooner than it meant to look', async () => {
    const { clock, log, fired, aLoop } = setUp();
    const loop = aLoop();
    loop.start();
    await clock.advance(100);
    await setTimer(log, 1, { kind: 'soon', afterMs: 50 });
    await clock.advance(50);
    expect(fired).toEqual([{ kind: 'soon', atMs: 150 }]);
    await loop.stop();
  });

  it('are not missed when they are set while the loop asks for the next one', async () => {
    const { clock, log, fired, aLoop } = setUp();
    const slow: EventLog = {
      ...log,
      async nextTimerInMs() {
        const answer = await log.nextTimerInMs();
        await clock.sleep(10);
        return answer;
      },
    };
    const loop = aLoop({ log: slow });
    loop.start();
    await clock.advance(5);
    await setTimer(log, 1, { kind: 'in between', afterMs: 20 });
    await clock.advance(45);
    // Due at 25 ms; the answer that said so was on its way for 10 ms.
    expect(fired).toEqual([{ kind: 'in between', atMs: 35 }]);
    await loop.stop();
  });

  it('that another process set fire a second late at most', async () => {
    const { clock, storage, fired, aLoop } = setUp();
    const loop = aLoop();
    loop.start();
    await clock.advance(300);
    await storage.commit([
      { units: [aUnit(anOrder(), 0, { events: [anEvent(0, { timer: { kind: 'a', afterMs: 100 } })] })] },
    ]);
    await clock.advance(1_000);
    expect(fired).toEqual([{ kind: 'a', atMs: 1_000 }]);
    await loop.stop();
  });

  it('fire all, batch after batch, when many are due', async () => {
    const { clock, storage, fired, aLoop } = setUp();
    const units = Array.from({ length: 250 }, (_, index) =>
      aUnit(anOrder(0, index + 1), 0, { events: [anEvent(0, { timer: { kind: 'a', afterMs: 0 } })] }),
    );
    await storage.commit([{ units }]);
    const loop = aLoop();
    loop.start();
    await clock.advance(10);
    expect(fired).toHaveLength(250);
    await loop.stop();
  });

  it('leave the process its turns while many are due and none is cleared', async () => {
    const { clock, storage, aLoop } = setUp();
    const units = Array.from({ length: 100 }, (_, index) =>
      aUnit(anOrder(0, index + 1), 0, { events: [anEvent(0, { timer: { kind: 'a', afterMs: 0 } })] }),
    );
    await storage.commit([{ units }]);
    const loop = aLoop({ fire: async () => {} });
    loop.start();
    await clock.settle();
    await loop.stop();
  });

  it('that cannot be handled now are reported and tried again, at growing intervals up to ten seconds', async () => {
    const { clock, log, errors, fired, clear, aLoop } = setUp();
    const tries: number[] = [];
    const startedAt = clock.monotonic();
    const loop = aLoop({
      async fire(timers) {
        tries.push(clock.monotonic() - startedAt);
        if (tries.length <= 9) throw new UnavailableError(`try ${tries.length}`);
        await clear(timers);
      },
    });
    await setTimer(log, 1, { kind: 'a', afterMs: 0 });
    loop.start();
    await clock.advance(60_000);
    expect(tries.slice(1).map((at, index) => at - (tries[index] ?? 0))).toEqual([
      200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000,
    ]);
    expect(errors).toEqual(Array.from({ length: 9 }, (_, index) => `try ${index + 1}`));
    expect(fired).toHaveLength(1);
    await loop.stop();
  });

  it('that cannot be handled now are not tried sooner because another timer is set', async () => {
    const { clock, log, errors, aLoop } = setUp();
    await setTimer(log, 1, { kind: 'a', afterMs: 0 });
    const loop = aLoop({ fire: () => Promise.reject(new UnavailableError('provider down')) });
    loop.start();
    await clock.advance(1);
    for (let number = 2; number < 12; number += 1) await setTimer(log, number, { kind: 'b', afterMs: 1 });
    await clock.advance(100);
    expect(errors).toHaveLength(1);
    await loop.stop();
  });

  it('of streams that cannot be read stand aside, however many they are, and hold up no other', async () => {
    const { clock, log, errors, fired, clear, aLoop } = setUp();
    let isMended = false;
    const tries: string[] = [];
    const loop = aLoop({
      async fire(timers) {
        tries.push(...timers.filter(({ kind }) => kind === 'newer').map(({ streamId }) => streamId));
        if (!isMended && timers.some(({ kind }) => kind === 'newer')) throw new Error('an event of a newer release');
        await clear(timers);
      },
    });
    for (let number = 1; number <= 150; number += 1) await setTimer(log, number, { kind: 'newer', afterMs: 0 });
    await setTimer(log, 1_000, { kind: 'a', afterMs: 10 });
    await setTimer(log, 1_001, { kind: 'b', afterMs: 5_000 });
    loop.start();
    await clock.advance(30_000);
    expect(fired.map(({ kind }) => kind)).toEqual(['a', 'b']);
    expect(errors).toHaveLength(150);
    expect(errors[0]).toContain('the timer newer of ');

    isMended = true;
    await clock.advance(60_000);
    expect(fired).toHaveLength(152);
    expect(tries.length).toBeLessThan(150 * 4);
    await loop.stop();
  });

  it('are asked for again when the log was away', async () => {
    const { clock, log, errors, fired, aLoop } = setUp();
    await setTimer(log, 1, { kind: 'a', afterMs: 0 });
    let away = true;
    const shaky: EventLog = {
      ...log,
      dueTimers: (limit) => (away ? Promise.reject(new Error('connection refused')) : log.dueTimers(limit)),
    };
    const loop = aLoop({ log: shaky });
    loop.start();
    await clock.advance(1_000);
    expect(errors.length).toBeGreaterThan(0);
    away = false;
    await clock.advance(10_000);
    expect(fired).toHaveLength(1);
    await loop.stop();
  });

  it('fire once although two loops own them', async () => {
    const { clock, log, aLoop } = setUp();
    const loops = [aLoop(), aLoop()];
    for (const loop of loops) loop.start();
    await setTimer(log, 1, { kind: 'a', afterMs: 100 });
    await clock.advance(2_000);
    expect((await log.readStream(anOrder(1, 1))).map((row) => row.version)).toEqual([1, 2]);
    await Promise.all(loops.map((loop) => loop.stop()));
  });
});

describe('stopping', () => {
  it('waits for the batch in hand and takes no other', async () => {
    const { clock, log, fired, clear, aLoop } = setUp();
    const loop = aLoop({
      async fire(timers) {
        await clock.sleep(5_000);
        await clear(timers);
      },
    });
    await setTimer(log, 1, { kind: 'a', afterMs: 0 });
    await setTimer(log, 2, { kind: 'b', afterMs: 100 });
    loop.start();
    await clock.advance(10);
    let stopped = false;
    const stopping = loop.stop().then(() => (stopped = true));
    await clock.advance(4_000);
    expect(stopped).toBe(false);
    await clock.advance(1_000);
    await stopping;
    expect(fired.map((timer) => timer.kind)).toEqual(['a']);
    expect(clock.pending()).toBe(0);
  });

  it('ends a pause at once, while idle and while backing off', async () => {
    const { clock, log, aLoop } = setUp();
    const idle = aLoop();
    idle.start();
    await clock.settle();
    await idle.stop();
    await setTimer(log, 1, { kind: 'a', afterMs: 0 });
    const failing = aLoop({ fire: () => Promise.reject(new UnavailableError('provider down')) });
    failing.start();
    await clock.settle();
    await failing.stop();
    expect(clock.pending()).toBe(0);
  });

  it('is no trouble before the start, and a start after it does nothing', async () => {
    const { clock, log, fired, aLoop } = setUp();
    await setTimer(log, 1, { kind: 'a', afterMs: 0 });
    const loop = aLoop();
    await loop.stop();
    loop.start();
    await clock.advance(5_000);
    expect(fired).toEqual([]);
  });
});

describe('the cause of a timer', () => {
  const timer: DueTimer = { streamId: anOrder(), kind: 'retry', dueAt: 1, setByVersion: 3 };

  it('is the same for two owners, whatever their clocks and kinds say', () => {
    expect(causeOfTimer({ ...timer, dueAt: 2 })).toEqual(causeOfTimer(timer));
  });

  it('is another for another stream and for another version that set it', () => {
    const causes = [timer, { ...timer, streamId: anOrder(1) }, { ...timer, setByVersion: 4 }].map(
      (each) => causeOfTimer(each).id,
    );
    expect(new Set(causes).size).toBe(3);
  });
});
