import { createSystemClock } from '@checkout/runtime';
import { createTcpProxy, type TcpProxy } from '@checkout/runtime/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEventLog } from '../event-log.ts';
import type { LogStorage } from '../storage.port.ts';
import { anEvent, anOrder, aUnit, testIdentity, testTable } from '../testing/index.ts';
import type { AppendUnit } from '../units.ts';
import { openMysqlLog } from './open.ts';
import { createTestDatabase, mysqlUrl, type TestDatabase } from './testing/test-database.ts';

const clock = createSystemClock();
const { service, partitions } = testIdentity;

/** Asks before it writes. */
const locks = 'FOR UPDATE';
/** Of a commit that is sent in one piece. */
const atOnce = 'SET @now';

describe.skipIf(mysqlUrl === undefined)('a commit on MySQL that relies on the last one', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let storage: LogStorage;
  let other: LogStorage;
  beforeAll(async () => {
    database = await createTestDatabase(clock, 'optimistic');
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    await database.empty();
    proxy = await createTcpProxy(database.url);
    const open = (url: string) => openMysqlLog({ url, service, partitions, table: testTable, clock, writers: 1 });
    storage = await open(proxy.url);
    other = await open(database.url);
  });
  afterEach(async () => {
    proxy.mend();
    await Promise.all([storage.close(), other.close()]);
    await proxy.close();
  });

  const commit = (log: LogStorage, ...units: readonly AppendUnit[]) => log.commit([{ units }]);
  const outcomesOf = async (log: LogStorage, ...units: readonly AppendUnit[]) => {
    const result = await commit(log, ...units);
    if (result.kind !== 'committed') throw result.error;
    return result.results.flatMap(({ outcomes }) => outcomes);
  };
  const positions = async () => (await storage.readPartition(0, 1, 100)).map(({ position }) => position);

  it('asks nothing, and records what one that asks would record', async () => {
    await commit(storage, aUnit(anOrder()));
    void proxy.cutBehind(locks);
    const before = clock.now();
    const outcomes = await outcomesOf(storage, aUnit(anOrder(), 1), aUnit(anOrder(0, 2)));
    proxy.release();

    const rows = await storage.readPartition(0, 2, 100);
    expect(outcomes).toEqual([
      { kind: 'appended', rows: [rows[0]] },
      { kind: 'appended', rows: [rows[1]] },
    ]);
    expect(rows.map(({ position, version }) => [position, version])).toEqual([
      [2, 2],
      [3, 1],
    ]);
    const [{ recordedAt } = { recordedAt: 0 }] = rows;
    expect(recordedAt).toBeGreaterThanOrEqual(before);
    expect(recordedAt).toBeLessThanOrEqual(clock.now());
    expect(await storage.readModel(anOrder())).toMatchObject({ version: 2, updatedAt: recordedAt });
    expect(await storage.readModel(anOrder(0, 2))).toMatchObject({ version: 1, createdAt: recordedAt });
  });

  it('asks when it knows nothing of a partition, or of a stream that is there', async () => {
    await commit(other, aUnit(anOrder(0, 1)), aUnit(anOrder(1, 1)));
    for (const unit of [aUnit(anOrder(0, 1), 1), aUnit(anOrder(1, 1), 1)]) {
      const asked = proxy.cutBehind(locks);
      expect(await commit(storage, unit)).toMatchObject({ kind: 'rolled-back' });
      await asked;
    }
  });

  it('is refused when somebody else has committed to the partition, and asks then', async () => {
    await commit(storage, aUnit(anOrder()));
    await commit(other, aUnit(anOrder(0, 2)));
    const outcomes = await outcomesOf(storage, aUnit(anOrder(), 1));

    expect(outcomes).toMatchObject([{ kind: 'appended', rows: [{ position: 3 }] }]);
    expect(await positions()).toEqual([1, 2, 3]);
  });

  it('asks at once while two take turns, and stops asking when it is alone again', async () => {
    await commit(storage, aUnit(anOrder(0, 1)));
    await commit(other, aUnit(anOrder(0, 2)));
    await commit(storage, aUnit(anOrder(0, 3)));
    await commit(other, aUnit(anOrder(0, 4)));
    void proxy.cutBehind(atOnce);
    expect(await commit(storage, aUnit(anOrder(0, 5)))).toMatchObject({ kind: 'committed' });
    expect(await commit(storage, aUnit(anOrder(0, 6)))).toMatchObject({ kind: 'committed' });
    void proxy.cutBehind(locks);
    expect(await commit(storage, aUnit(anOrder(0, 7)))).toMatchObject({ kind: 'committed' });
    proxy.release();
    expect(await positions()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('leaves no gap when there is less than it thinks', async () => {
    await commit(storage, aUnit(anOrder()), aUnit(anOrder(0, 2)));
    await database.empty();
    expect(await outcomesOf(storage, aUnit(anOrder(0, 3)))).toMatchObject([{ rows: [{ position: 1 }] }]);
  });

  it('takes what was decided on somebody else’s commit', async () => {
    await commit(storage, aUnit(anOrder()));
    await commit(other, aUnit(anOrder(), 1));
    expect(await outcomesOf(storage, aUnit(anOrder(), 2))).toMatchObject([
      { kind: 'appended', rows: [{ version: 3 }] },
    ]);
  });

  it('goes on with no stream that is not there', async () => {
    await commit(storage, aUnit(anOrder(0, 2)));
    expect(await outcomesOf(storage, aUnit(anOrder(), 1))).toEqual([{ kind: 'conflict', streamId: anOrder() }]);
  });

  it('is a conflict when somebody else has moved the stream on', async () => {
    await commit(storage, aUnit(anOrder()));
    await commit(other, aUnit(anOrder(), 1));
    expect(await outcomesOf(storage, aUnit(anOrder(), 1, { cause: 'late' }))).toEqual([
      { kind: 'conflict', streamId: anOrder() },
    ]);
    expect(await storage.readStream(anOrder())).toHaveLength(2);
  });

  it('lets no cause act twice that acted before it knew of the stream', async () => {
    await commit(other, aUnit(anOrder(), 0, { cause: 'once' }));
    await commit(storage, aUnit(anOrder(), 1));
    expect(await outcomesOf(storage, aUnit(anOrder(), 2, { cause: 'once' }))).toMatchObject([
      { kind: 'duplicate', rows: [{ version: 1 }] },
    ]);
  });

  it('begins no stream that is there', async () => {
    await commit(other, aUnit(anOrder()));
    await commit(storage, aUnit(anOrder(0, 2)));
    expect(await outcomesOf(storage, aUnit(anOrder(), 0, { cause: 'again' }))).toEqual([
      { kind: 'conflict', streamId: anOrder() },
    ]);
  });

  it('claims no key that somebody else has', async () => {
    const key = { keyHash: 'key-1', commandHash: 'command-1', streamId: anOrder() };
    await commit(storage, aUnit(anOrder(1)));
    await commit(other, aUnit(anOrder(), 0, { key }));
    const [outcome] = await outcomesOf(storage, aUnit(anOrder(1, 2), 0, { key: { ...key, streamId: anOrder(1, 2) } }));
    expect(outcome).toMatchObject({ kind: 'key-taken', record: key });
    expect(await storage.readStream(anOrder(1, 2))).toEqual([]);
  });

  it('moves offsets at once, several of one place and several places', async () => {
    const move = { group: 'payment', logId: 'log-a', partition: 0 };
    const elsewhere = { ...move, partition: 3 };
    const start = {
      units: [aUnit(anOrder())],
      offsets: [
        { ...move, from: 0, to: 5 },
        { ...elsewhere, from: 0, to: 1 },
      ],
    };
    await storage.commit([start]);
    void proxy.cutBehind(locks);
    const result = await storage.commit([
      { units: [aUnit(anOrder(), 1)], offsets: [{ ...move, from: 5, to: 6 }] },
      {
        units: [],
        offsets: [
          { ...move, from: 6, to: 9 },
          { ...elsewhere, from: 1, to: 2 },
        ],
      },
    ]);
    proxy.release();

    expect(result).toMatchObject({ kind: 'committed', results: [{ offsets: 'moved' }, { offsets: 'moved' }] });
    expect([...(await storage.offsets('payment', 'log-a'))]).toEqual([
      [0, 9],
      [3, 2],
    ]);
  });

  it('moves no offset that somebody else has moved, and records the units all the same', async () => {
    const move = { group: 'payment', logId: 'log-a', partition: 0 };
    await storage.commit([{ units: [aUnit(anOrder())], offsets: [{ ...move, from: 0, to: 5 }] }]);
    await other.commit([{ units: [], offsets: [{ ...move, from: 5, to: 8 }] }]);
    const result = await storage.commit([{ units: [aUnit(anOrder(), 1)], offsets: [{ ...move, from: 5, to: 6 }] }]);

    expect(result).toMatchObject({
      kind: 'committed',
      results: [{ outcomes: [{ kind: 'appended' }], offsets: 'stale' }],
    });
    expect([...(await storage.offsets('payment', 'log-a'))]).toEqual([[0, 8]]);
  });

  it('sets, keeps and ends a timer by the database’s clock', async () => {
    const timerOf = async () => (await storage.readModel(anOrder()))?.timer;
    const step = (version: number, afterMs?: number | null) => {
      const timer = afterMs === null ? null : { kind: 'retry', afterMs: afterMs ?? 0 };
      return aUnit(anOrder(), version, { events: [anEvent(version, afterMs === undefined ? {} : { timer })] });
    };
    await commit(storage, step(0, 60_000));
    void proxy.cutBehind(locks);
    const first = await timerOf();
    await commit(storage, step(1));
    expect(await timerOf()).toEqual(first);
    await commit(storage, step(2, 5_000), step(3));
    const row = (await storage.readStream(anOrder())).at(-1);
    const second = { kind: 'retry', dueAt: (row?.recordedAt ?? 0) + 5_000, setByVersion: 3 };
    expect(await timerOf()).toEqual(second);
    await commit(storage, step(4));
    expect(await timerOf()).toEqual(second);
    await commit(storage, step(5, null));
    expect(await timerOf()).toBeNull();
    proxy.release();
  });

  it('is not known when its connection is cut, and is found when it is appended again', async () => {
    await commit(storage, aUnit(anOrder()));
    const log = createEventLog({ storage, clock });
    const cut = proxy.cutBehind(atOnce);
    const { outcomes } = await log.append({ units: [aUnit(anOrder(), 1), aUnit(anOrder(0, 2))] });
    await cut;

    expect(outcomes.map(({ kind }) => kind)).toEqual(['appended', 'appended']);
    expect(await positions()).toEqual([1, 2, 3]);
  });

  it('is not known when nobody answers in time', async () => {
    await commit(storage, aUnit(anOrder()));
    const quick = await openMysqlLog({ url: proxy.url, service, partitions, table: testTable, clock, timeoutMs: 500 });
    await commit(quick, aUnit(anOrder(), 1));
    const hung = proxy.hangBehind(atOnce);
    expect(await commit(quick, aUnit(anOrder(), 2))).toMatchObject({ kind: 'unknown' });
    await hung;
    proxy.mend();
    await quick.close();
  });

  it('believes nothing of what it knew before its connection was lost', async () => {
    await commit(storage, aUnit(anOrder()), aUnit(anOrder(), 1));
    proxy.cut();
    // As after a change to a server that has not got the last commits, and has got others instead.
    await database.empty();
    await commit(other, aUnit(anOrder(0, 2)), aUnit(anOrder(0, 2), 1));
    proxy.mend();
    expect(await outcomesOf(storage, aUnit(anOrder(), 2))).toEqual([{ kind: 'conflict', streamId: anOrder() }]);
  });

  it('writes nothing when a value of it cannot be written', async () => {
    await commit(storage, aUnit(anOrder()));
    const result = await commit(storage, aUnit(anOrder(), 1, { events: [anEvent(1, { data: 1n })] }));
    expect(result).toMatchObject({ kind: 'rolled-back', retryable: false });
    expect(await commit(storage, aUnit(anOrder(), 1))).toMatchObject({ kind: 'committed' });
    expect(await positions()).toEqual([1, 2]);
  });
});
