import type { RawMessage } from '@checkout/contracts';
import { createEventLog, type CursorMove, type LogStorage } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { anOrder, aUnit, testIdentity } from '@checkout/event-log/testing';
import { causeOf, type OrderId } from '@checkout/kernel';
import { createVirtualClock } from '@checkout/kernel/testing';
import { createSilentLogger } from '@checkout/runtime/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRelay, type Publisher } from './relay.ts';

const partition = 0;
const ours = anOrder(partition, 1);

/** A log with a broker that fails as the test says, and relays on it that come and go. */
function setup() {
  const clock = createVirtualClock();
  const storage = createMemoryStorage({ identity: { ...testIdentity, service: 'order' }, clock });
  const published: RawMessage[] = [];
  let version = 0;
  let refuse: 'nothing' | 'before' | 'after' = 'nothing';
  let held: Promise<void> | undefined;
  let asked = 0;
  let msPerMessage = 0;
  let patienceMs = 0;

  const publisher: Publisher = {
    async publish(_partition, messages) {
      if (refuse === 'before') throw new Error('the broker is away');
      asked += messages.length;
      await held;
      const takesMs = messages.length * msPerMessage;
      if (takesMs > 0) await clock.sleep(Math.min(takesMs, patienceMs));
      if (takesMs > patienceMs) throw new Error('the broker confirmed nothing');
      published.push(...messages);
      if (refuse === 'after') throw new Error('the acknowledgement is lost');
    },
  };
  const start = (owner: string, parts: Partial<LogStorage> = {}) => {
    const log = createEventLog({ storage: { ...storage, ...parts }, clock });
    const relay = createRelay({ log, publisher, clock, logger: createSilentLogger(), owner });
    relay.start();
    return { ...relay, log };
  };
  return {
    clock,
    storage,
    start,
    /** Records an event that is published. */
    record: async (orderId: OrderId = ours) => {
      if (orderId === ours) version += 1;
      await storage.commit([
        {
          units: [
            {
              cause: { id: causeOf('relay', orderId, version), correlationId: 'c' },
              streams: [
                {
                  streamId: orderId,
                  expectedVersion: orderId === ours ? version - 1 : 0,
                  events: [{ type: 'OrderCancelled', data: { failure: { code: 'c', step: 's', detail: 'd' } } }],
                  readModel: { view: {}, columns: {} },
                },
              ],
            },
          ],
        },
      ]);
    },
    setBroker: (fault: typeof refuse) => {
      refuse = fault;
    },
    /** What takes longer than `patience` fails. */
    slowDown: (ms: number, patience: number) => {
      msPerMessage = ms;
      patienceMs = patience;
    },
    /** Publications wait until the function that this returns is called. */
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return () => {
        held = undefined;
        resolve();
      };
    },
    /** Messages that the broker was given, taken or not. */
    asked: () => asked,
    positions: () => published.map(({ id }) => Number(id.split('/')[3])),
    recorded: () => version,
    cursor: async () =>
      (await storage.takeLeases({ consumer: 'relay', partitions: [partition], owner: 'the test' }, 0)).get(partition),
  };
}

/** Each position for the first time that it shows. */
const firstCopies = (positions: readonly number[]) => [...new Set(positions)];
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('a relay', () => {
  it('publishes what was recorded before it began and what comes later, each row once', async () => {
    const { clock, start, record, positions } = setup();
    await record();
    await record();
    const relay = start('a');
    await clock.advance(300);
    await record();
    await clock.advance(300);
    await relay.stop();

    expect(positions()).toEqual([1, 2, 3]);
  });

  it('hears of its own process’s rows at once', async () => {
    const { clock, start, storage, positions, record } = setup();
    const relay = start('a');
    await clock.advance(2_000);
    await record();
    const [row] = await storage.readPartition(partition, 1, 1);
    expect(row).toBeDefined();
    await relay.log.append({
      units: [
        {
          cause: { id: causeOf('own'), correlationId: 'c' },
          streams: [
            {
              streamId: ours,
              expectedVersion: 1,
              events: [{ type: 'OrderCancelled', data: { failure: { code: 'c', step: 's', detail: 'd' } } }],
              readModel: { view: {}, columns: {} },
            },
          ],
        },
      ],
    });
    await clock.settle();
    expect(positions()).toEqual([1, 2]);
    const stopped = relay.stop();
    await clock.advance(1_000);
    await stopped;
  });

  it('hears of a row that is recorded while it looks', async () => {
    const { clock, start, storage, record, positions } = setup();
    let isReading = Promise.withResolvers<void>();
    const relay = start('a', {
      async readPartition(...asked) {
        const rows = await storage.readPartition(...asked);
        await isReading.promise;
        return rows;
      },
    });
    await clock.advance(3_000);
    await record();
    await clock.advance(300);
    isReading.resolve();
    isReading = Promise.withResolvers<void>();
    isReading.resolve();
    await clock.settle();
    expect(positions()).toEqual([1]);
    await relay.stop();
  });

  /** A relay, and all notes that it writes. */
  function startWatched() {
    const { storage, start, ...world } = setup();
    const moves: (readonly CursorMove[])[] = [];
    const relay = start('a', {
      moveCursors(of, some) {
        moves.push(some);
        return storage.moveCursors(of, some);
      },
    });
    return { ...world, relay, moves };
  }

  it('notes how far it came once a second, and when it stops', async () => {
    const { clock, record, relay, moves } = startWatched();
    for (let row = 0; row < 5; row += 1) {
      await record();
      await clock.advance(300);
    }
    expect(moves).toEqual([[{ partition, from: 0, to: 4 }]]);
    await relay.stop();
    expect(moves.slice(1)).toEqual([[{ partition, from: 4, to: 5 }]]);
  });

  it('notes all partitions together', async () => {
    const { clock, record, relay, moves } = startWatched();
    await record();
    await record(anOrder(2, 1));
    await record(anOrder(3, 1));
    await clock.advance(1_300);
    expect(moves.map((some) => some.map((move) => move.partition))).toEqual([[0, 2, 3]]);
    await relay.stop();
  });

  it('goes on publishing while its notes fail, and notes it later', async () => {
    const { clock, start, record, storage, positions, cursor } = setup();
    let isAway = true;
    const relay = start('a', {
      moveCursors: (of, some) =>
        isAway ? Promise.reject(new Error('the database is away')) : storage.moveCursors(of, some),
    });
    await record();
    await clock.advance(2_500);
    await record();
    await clock.advance(300);
    expect(positions()).toEqual([1, 2]);
    isAway = false;
    await clock.advance(1_000);
    await relay.stop();
    expect(await cursor()).toBe(2);
  });

  it('looks ever more rarely while all rows are its own, however many there are, and at once again for those of others', async () => {
    const { clock, start, storage, record } = setup();
    const looks: number[] = [];
    const relay = start('a', {
      async heads() {
        looks.push(clock.monotonic());
        return storage.heads();
      },
    });
    const waits = () => looks.slice(-3).map((at, index, some) => at - (some[index - 1] ?? at));
    for (let version = 0; version < 300; version += 1) {
      await relay.log.append({ units: [aUnit(anOrder(1, 1 + version))] });
      await clock.advance(20);
    }
    expect(waits().slice(1)).toEqual([250, 250]);
    for (let row = 0; row < 60; row += 1) {
      await record();
      await clock.advance(5);
    }
    expect(Math.max(...waits())).toBeLessThan(25);
    const stopped = relay.stop();
    await clock.advance(1_000);
    await stopped;
  });

  it('keeps what the broker did not take', async () => {
    const { clock, start, record, positions, setBroker } = setup();
    setBroker('before');
    const relay = start('a');
    await record();
    await clock.advance(5_000);
    expect(positions()).toEqual([]);

    setBroker('nothing');
    await clock.advance(15_000);
    expect(positions()).toEqual([1]);
    await relay.stop();
  });

  it('has no more rows in hand than fit into memory, however many wait in all partitions', async () => {
    const { clock, storage, start, record, hold, asked, positions } = setup();
    const perPartition = 500;
    for (let number = 2; number < perPartition + 2; number += 1) {
      for (let one = 0; one < testIdentity.partitions; one += 1) await record(anOrder(one, number));
    }
    const release = hold();
    const relay = start('a');
    await clock.advance(1_000);
    expect(asked()).toBe(1_000);
    release();
    await clock.advance(10_000);
    await relay.stop();

    expect(positions()).toHaveLength(perPartition * testIdentity.partitions);
    expect((await storage.heads()).every((head) => head === perPartition)).toBe(true);
  });

  it('publishes again what the broker may not have taken, in order', async () => {
    const { clock, start, record, positions, setBroker } = setup();
    setBroker('after');
    const relay = start('a');
    await record();
    await record();
    await clock.advance(200);
    setBroker('nothing');
    await clock.advance(15_000);
    await relay.stop();

    expect(positions().length).toBeGreaterThan(2);
    expect(firstCopies(positions())).toEqual([1, 2]);
  });

  it('leaves a partition to its owner, and takes over when the owner is gone', async () => {
    const { clock, start, record, positions } = setup();
    const first = start('a');
    await clock.advance(100);
    const second = start('b');
    await record();
    await clock.advance(300);
    expect(positions()).toEqual([1]);

    await first.stop();
    await record();
    await clock.advance(2_000);
    await second.stop();
    expect(positions()).toEqual([1, 2]);
  });

  it('that was stopped while it published moves no cursor of its successor', async () => {
    const { clock, start, record, positions, hold, cursor } = setup();
    const release = hold();
    await record();
    const zombie = start('a');
    await clock.advance(50);
    await record();
    // The first owner hangs in the broker; its lease ends, and the second one publishes the same and more.
    void clock.advance(1).then(() => {});
    await clock.advance(11_000);
    const successor = start('b');
    await clock.advance(50);
    release();
    await clock.advance(2_000);
    await record();
    await clock.advance(2_000);
    await Promise.all([zombie.stop(), successor.stop()]);

    expect(firstCopies(positions())).toEqual([1, 2, 3]);
    expect(await cursor()).toBe(3);
  });

  it.each([
    ['longer than a lease, so that two relays do not undo each other', 20_000],
    ['longer than it is waited for', 10_000],
  ])('publishes less at once where the broker takes %s', async (_what, patienceMs) => {
    const { clock, start, record, positions, cursor, slowDown } = setup();
    const rows = 600;
    for (let row = 0; row < rows; row += 1) await record(anOrder(partition, row + 2));
    slowDown(30, patienceMs);
    const relays = [start('first'), start('second')];
    await clock.advance(120_000);

    expect(firstCopies(positions())).toEqual(upTo(rows));
    await Promise.all(relays.map((relay) => relay.stop()));
    expect(await cursor()).toBe(rows);
  });

  it('gives its leases back when it stops', async () => {
    const { clock, start, cursor } = setup();
    const relay = start('a');
    await clock.advance(100);
    expect(await cursor()).toBeUndefined();
    await relay.stop();
    expect(await cursor()).toBe(0);
  });
});

type Step =
  | { readonly do: 'record' | 'start' | 'stop' | 'broker before' | 'broker after' | 'broker well' }
  | { readonly do: 'wait'; readonly ms: number };
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Step>({ do: 'record' }) },
  { weight: 2, arbitrary: fc.constantFrom<Step>({ do: 'start' }, { do: 'stop' }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Step>({ do: 'broker before' }, { do: 'broker after' }, { do: 'broker well' }),
  },
  { weight: 4, arbitrary: fc.constantFrom(1, 100, 4_000, 12_000).map((ms): Step => ({ do: 'wait', ms })) },
);

it('whatever comes and goes, every row is published, first copies in order, and the cursor ends behind the last', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 40, size: 'max' }), async (some) => {
      const { clock, start, record, positions, setBroker, recorded, cursor } = setup();
      const running: ReturnType<typeof start>[] = [start('first')];
      for (const [index, step] of some.entries()) {
        if (step.do === 'record') await record();
        else if (step.do === 'start') running.push(start(`relay ${index}`));
        else if (step.do === 'stop') void running.shift()?.stop();
        else if (step.do === 'wait') await clock.advance(step.ms);
        else setBroker(step.do === 'broker well' ? 'nothing' : step.do === 'broker before' ? 'before' : 'after');
      }
      setBroker('nothing');
      running.push(start('last'));
      await clock.advance(60_000);
      const stopped = Promise.all(running.map((relay) => relay.stop()));
      await clock.advance(20_000);
      await stopped;

      expect(firstCopies(positions())).toEqual(upTo(recorded()));
      expect(await cursor()).toBe(recorded());
    }),
    { numRuns: 60 },
  );
});
