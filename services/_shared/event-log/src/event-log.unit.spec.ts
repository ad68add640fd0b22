import { createVirtualClock } from '@checkout/kernel/testing';
import { describe, expect, it } from 'vitest';
import { createEventLog } from './event-log.ts';
import { LogUnavailableError } from './group-commit.ts';
import { createMemoryStorage } from './memory/index.ts';
import type { LogRow } from './rows.ts';
import { anOrder, aUnit, testIdentity } from './testing/index.ts';
import { createScriptedStorage } from './testing/scripted-storage.ts';

function setUp({ soleWriter = false } = {}) {
  const clock = createVirtualClock();
  const storage = createScriptedStorage(createMemoryStorage({ identity: testIdentity, clock }));
  const askedFor: number[] = [];
  const counted = {
    ...storage,
    readPartition(partition: number, from: number, limit: number) {
      askedFor.push(from);
      return storage.readPartition(partition, from, limit);
    },
  };
  const log = createEventLog({ storage: counted, clock, soleWriter });
  const append = (number: number) => log.append({ units: [aUnit(anOrder(0, number))] });
  const positionsFrom = async (from: number) => (await log.readPartition(0, from, 100)).map((row) => row.position);
  return { clock, storage, log, append, askedFor, positionsFrom };
}

describe('an event log', () => {
  it('tells its listeners of the rows that it recorded, before the append resolves', async () => {
    const { log, append } = setUp();
    const heard: LogRow[] = [];
    log.onAppend((rows) => heard.push(...rows));
    const heardThen = append(1).then(() => [...heard]);
    expect((await heardThen).map((row) => row.position)).toEqual([1]);
    await append(1);
    await append(2);
    expect(heard.map((row) => row.streamId)).toEqual([anOrder(0, 1), anOrder(0, 2)]);
    expect(await log.readStream(anOrder(0, 1))).toEqual([heard[0]]);
  });

  it('says that it is unavailable when the database does not answer a question', async () => {
    const clock = createVirtualClock();
    const away = () => Promise.reject(new Error('the disk is away'));
    const storage = { ...createMemoryStorage({ identity: testIdentity, clock }), readStream: away };
    const log = createEventLog({ storage, clock });

    const asked = log.readStream(anOrder(0, 1));
    await expect(asked).rejects.toThrow(LogUnavailableError);
    await expect(asked).rejects.toMatchObject({ outcomeUnknown: false, cause: { message: 'the disk is away' } });
  });

  it('tells them of rows whose first answer was lost', async () => {
    const { log, append, storage, clock } = setUp();
    const heard: number[] = [];
    log.onAppend((rows) => heard.push(...rows.map((row) => row.position)));
    storage.next('lost-after');
    const appending = append(1);
    await clock.advance(1_000);
    await appending;
    expect(heard).toEqual([1]);
  });

  it('tells a listener nothing after it was taken off', async () => {
    const { log, append } = setUp();
    const heard: string[] = [];
    const stopFirst = log.onAppend(() => heard.push('first'));
    log.onAppend(() => heard.push('second'));
    stopFirst();
    stopFirst();
    await append(1);
    expect(heard).toEqual(['second']);
  });

  it('fails no append, and spares no other listener the news, because one of them throws', async () => {
    const { log, append } = setUp();
    const heard: string[] = [];
    log.onAppend(() => {
      throw new Error('listener');
    });
    log.onAppend(() => heard.push('second'));
    const uncaught = await uncaughtDuring(async () => {
      expect(await append(1)).toMatchObject({ outcomes: [{ kind: 'appended' }] });
    });
    expect(uncaught.map((error) => error.message)).toEqual(['listener']);
    expect(heard).toEqual(['second']);
  });

  it('waits for what is queued before it closes', async () => {
    const { log, append, storage, clock } = setUp();
    const release = storage.hold();
    const appending = append(1);
    await clock.settle();
    const closing = log.close();
    release();
    await closing;
    expect(await appending).toMatchObject({ outcomes: [{ kind: 'appended' }] });
  });
});

describe('reading a partition', () => {
  it('asks the database for what came before this process, and not for what it wrote itself', async () => {
    const { log, append, storage, askedFor, positionsFrom } = setUp();
    await storage.commit([{ units: [aUnit(anOrder(0, 9))] }]);
    await append(1);
    await append(2);
    expect(await positionsFrom(1)).toEqual([1, 2, 3]);
    expect(askedFor).toEqual([1]);
    expect(await positionsFrom(2)).toEqual([2, 3]);
    expect(await positionsFrom(3)).toEqual([3]);
    expect((await log.readPartition(0, 2, 1)).map((row) => row.position)).toEqual([2]);
    expect(askedFor).toEqual([1]);
  });

  it('finds rows of another process behind its own', async () => {
    const { append, storage, positionsFrom } = setUp();
    await append(1);
    await storage.commit([{ units: [aUnit(anOrder(0, 2))] }]);
    expect(await positionsFrom(2)).toEqual([2]);
    await append(3);
    expect(await positionsFrom(2)).toEqual([2, 3]);
  });

  it('asks nobody at the end of a log that no other process writes', async () => {
    const { append, askedFor, positionsFrom } = setUp({ soleWriter: true });
    await append(1);
    expect(await positionsFrom(2)).toEqual([]);
    expect(askedFor).toEqual([]);
  });

  it('finds what a sole writer recorded without being told', async () => {
    const { append, storage, clock, positionsFrom } = setUp({ soleWriter: true });
    await append(1);
    storage.next('lost-after', 'lost-before', 'lost-before', 'lost-before', 'lost-before', 'lost-before');
    const appending = expect(append(2)).rejects.toMatchObject({ outcomeUnknown: true });
    await clock.advance(10_000);
    await appending;
    expect(await positionsFrom(2)).toEqual([2]);
  });
});

/** What nobody caught while `run` ran: in a service it ends the process. */
async function uncaughtDuring(run: () => Promise<void>): Promise<readonly Error[]> {
  const caught: Error[] = [];
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => caught.push(error));
  try {
    await run();
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of before) process.on('uncaughtException', listener);
  }
  return caught;
}
