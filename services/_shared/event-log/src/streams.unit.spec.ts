import { createVirtualClock } from '@checkout/kernel/testing';
import { describe, expect, it } from 'vitest';
import { createEventLog, type EventLog } from './event-log.ts';
import { createMemoryStorage } from './memory/index.ts';
import { answerRepeatedType, maxStreamEvents, notedType } from './rows.ts';
import { createStreams, refuseLongStream, type StreamDefinition, StreamTooLongError } from './streams.ts';
import {
  because,
  created,
  type OrderEvent,
  type OrderState,
  orderStream,
  paid,
  stateOf,
} from './testing/order.fixture.ts';
import { anOrder, testIdentity } from './testing/index.ts';

function setUp(definition: StreamDefinition<OrderState, OrderEvent> = orderStream) {
  const clock = createVirtualClock();
  const log = createEventLog({ storage: createMemoryStorage({ identity: testIdentity, clock }), clock });
  const reads: string[] = [];
  const counted: EventLog = {
    ...log,
    readStream(streamId, after) {
      reads.push(streamId);
      return log.readStream(streamId, after);
    },
  };
  const streams = createStreams(counted, definition);
  /** Records events on what the log says now, as any process would. */
  const record = async (order: ReturnType<typeof anOrder>, ...events: readonly OrderEvent[]) => {
    const before = await createStreams(log, definition).loadFresh(order);
    const { unit } = streams.decided(before, events, because(`${order} ${before.version}`));
    return (await log.append({ units: [unit] })).outcomes;
  };
  return { clock, log, streams, reads, record };
}

describe('a stream', () => {
  it('that does not exist is the initial state at version 0', async () => {
    const { streams } = setUp();
    expect(await streams.load(anOrder())).toEqual({
      streamId: anOrder(),
      version: 0,
      state: { status: 'ABSENT' },
      createdAt: 0,
      updatedAt: 0,
      timer: null,
    });
  });

  it('is what its events say, with the times of the first and the last', async () => {
    const { streams, record, clock } = setUp();
    const createdAt = clock.now();
    await record(anOrder(), created(100), paid(40));
    await clock.advance(5_000);
    await record(anOrder(), paid(60));
    expect(await streams.loadFresh(anOrder())).toEqual({
      streamId: anOrder(),
      version: 3,
      state: stateOf('PAID', 100, 100),
      createdAt,
      updatedAt: createdAt + 5_000,
      timer: null,
      origin: expect.objectContaining({ correlationId: expect.any(String) }),
    });
  });

  it('is not changed by what was only noted or answered again', async () => {
    const { streams, log, clock } = setUp();
    const loaded = await streams.load(anOrder());
    const events = [
      created(100),
      { type: notedType, data: {} },
      { type: answerRepeatedType, data: {}, emits: [{ type: 'PaymentApproved', data: {} }] },
    ] as const;
    const { unit, next } = streams.decided(loaded, events, because('m1'));
    expect(next).toMatchObject({ version: 3, state: stateOf('CREATED', 100, 0) });
    await clock.advance(1);
    await log.append({ units: [unit] });
    expect(await streams.loadFresh(anOrder())).toMatchObject({ version: 3, state: stateOf('CREATED', 100, 0) });
  });

  it('carries the timer that its rows leave', async () => {
    const { streams, log, clock } = setUp();
    const { unit } = streams.decided(
      await streams.load(anOrder()),
      [{ ...created(100), timer: { kind: 'announce', afterMs: 60_000 } }, paid(1)],
      because('m1'),
    );
    await log.append({ units: [unit] });
    const timer = { kind: 'announce', dueAt: clock.now() + 60_000, setByVersion: 1 };
    expect((await streams.loadFresh(anOrder())).timer).toEqual(timer);
    expect((await log.readModel(anOrder()))?.timer).toEqual(timer);
  });

  it('reads events of an older release in today’s shape', async () => {
    const upcast = (type: string, data: unknown) =>
      type === 'OrderPlaced'
        ? { type: 'OrderCreated', data: { total: (data as { sum: number }).sum } }
        : { type, data };
    const { streams, log } = setUp({ ...orderStream, upcast });
    const old = { type: 'OrderPlaced', data: { sum: 70 } };
    const readModel = { view: {}, columns: {} };
    await log.append({
      units: [
        { cause: because('old'), streams: [{ streamId: anOrder(), expectedVersion: 0, events: [old], readModel }] },
      ],
    });
    expect((await streams.load(anOrder())).state).toEqual(stateOf('CREATED', 70, 0));
    expect(streams.restore(anOrder(), await log.readStream(anOrder())).state).toEqual(stateOf('CREATED', 70, 0));
    expect(await log.readStream(anOrder())).toMatchObject([old]);
  });

  it('is bounded: one that has grown too long is refused', async () => {
    const { streams } = setUp();
    const full = { ...(await streams.load(anOrder())), version: maxStreamEvents };
    expect(() => refuseLongStream(full)).not.toThrow();
    const { next } = streams.decided(full, [paid(1)], because('m1'));
    expect(() => refuseLongStream(next)).toThrow(StreamTooLongError);
  });
});

describe('what was decided', () => {
  it('becomes a unit on the version that it was decided on, with the read model that follows', async () => {
    const { streams, record } = setUp();
    await record(anOrder(), created(100));
    const loaded = await streams.load(anOrder());
    const { unit, next } = streams.decided(loaded, [paid(100)], because('m1'));
    expect(unit).toEqual({
      cause: because('m1'),
      streams: [
        {
          streamId: anOrder(),
          expectedVersion: 1,
          events: [paid(100)],
          readModel: {
            view: stateOf('PAID', 100, 100),
            columns: { user_id: 'ada', status: 'PAID', total: 100 },
          },
        },
      ],
    });
    expect(next).toMatchObject({ version: 2, state: stateOf('PAID', 100, 100) });
    expect(loaded).toMatchObject({ version: 1, state: stateOf('CREATED', 100, 0) });
  });

  it('is, once recorded, what a fresh read of the log gives', async () => {
    const { streams, record, log } = setUp();
    await record(anOrder(), created(100));
    const loaded = await streams.load(anOrder());
    const { unit } = streams.decided(loaded, [paid(30), paid(70)], because('m1'));
    const { outcomes } = await log.append({ units: [unit] });
    const rows = outcomes[0]?.kind === 'appended' ? outcomes[0].rows : [];
    expect(streams.apply(loaded, rows)).toEqual(await streams.loadFresh(anOrder()));
  });

  it('is never made of rows with a gap', async () => {
    const { streams, record, log } = setUp();
    await record(anOrder(), created(100), paid(30), paid(70));
    const [first, , third] = await log.readStream(anOrder());
    expect(() => streams.restore(anOrder(), [first!, third!])).toThrow('row 3');
  });
});

describe('a state in the cache', () => {
  it('is not read again until it is forgotten', async () => {
    const { streams, record, reads } = setUp();
    await record(anOrder(), created(100));
    await streams.load(anOrder());
    await record(anOrder(), paid(100));
    expect((await streams.load(anOrder())).version).toBe(1);
    expect(reads).toEqual([anOrder()]);
    streams.forget([anOrder()]);
    expect((await streams.load(anOrder())).version).toBe(2);
  });

  it('gives way to a fresh read', async () => {
    const { streams, record, reads } = setUp();
    await record(anOrder(), created(100));
    await streams.load(anOrder());
    await record(anOrder(), paid(100));
    expect((await streams.loadFresh(anOrder())).version).toBe(2);
    expect((await streams.load(anOrder())).version).toBe(2);
    expect(reads).toHaveLength(2);
  });

  it('is never kept for a stream that does not exist', async () => {
    const { streams, record } = setUp();
    await streams.load(anOrder());
    await record(anOrder(), created(100));
    expect((await streams.load(anOrder())).version).toBe(1);
  });

  it('is not replaced by an older one that a slow reader brings', async () => {
    const { streams, record } = setUp();
    await record(anOrder(), created(100));
    const older = await streams.load(anOrder());
    await record(anOrder(), paid(100));
    await streams.loadFresh(anOrder());
    streams.remember(older);
    expect((await streams.load(anOrder())).version).toBe(2);
  });

  it('is dropped when ten thousand others are newer', async () => {
    const { streams, record, reads } = setUp();
    await record(anOrder(0, 1), created(100));
    const loaded = await streams.load(anOrder(0, 1));
    for (let number = 2; number <= 10_001; number += 1) streams.remember({ ...loaded, streamId: anOrder(0, number) });
    await streams.load(anOrder(0, 1));
    await streams.load(anOrder(0, 10_001));
    expect(reads).toEqual([anOrder(0, 1), anOrder(0, 1)]);
  });
});

describe('several streams', () => {
  it('are recalled as far as they are in the cache', async () => {
    const { streams, record, reads } = setUp();
    await record(anOrder(0, 1), created(100));
    await record(anOrder(0, 2), created(200));
    await streams.load(anOrder(0, 1));
    reads.length = 0;
    const recalled = streams.recall([anOrder(0, 1), anOrder(0, 2), anOrder(0, 3)]);
    expect([...recalled].map(([streamId, { version }]) => [streamId, version])).toEqual([[anOrder(0, 1), 1]]);
    expect(reads).toEqual([]);
  });

  it('are what their rows make them, and are not remembered', async () => {
    const { streams, record, log } = setUp();
    await record(anOrder(0, 2), created(200));
    expect(streams.restore(anOrder(0, 2), await log.readStream(anOrder(0, 2))).version).toBe(1);
    expect(streams.restore(anOrder(0, 3), []).version).toBe(0);
    expect(streams.recall([anOrder(0, 2)]).size).toBe(0);
  });
});
