import { createVirtualClock } from '@checkout/kernel/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGroupCommit, LogUnavailableError } from './group-commit.ts';
import { createMemoryStorage } from './memory/index.ts';
import { aDeadLetter, anEvent, anOrder, aUnit, aUnitWithoutStream, testIdentity } from './testing/index.ts';
import { type CommitFate, createScriptedStorage } from './testing/scripted-storage.ts';
import type { AppendRequest, AppendResult, AppendUnit } from './units.ts';

function setUp({ writers = 1 } = {}) {
  const clock = createVirtualClock();
  const storage = createScriptedStorage(createMemoryStorage({ identity: testIdentity, clock }));
  const announced: AppendResult[] = [];
  const log = createGroupCommit({
    clock,
    writers,
    commit: (requests) => storage.commit(requests),
    announce: (results) => announced.push(...results),
  });
  const append = (...units: readonly AppendUnit[]) => log.append({ units });
  /** How many units each transaction had. */
  const unitsPerCommit = () => storage.commits.map((requests) => requests.flatMap(({ units }) => units).length);
  return { clock, storage, log, append, announced, unitsPerCommit };
}

/** What became of an append, in one word. */
async function fateOf(appending: Promise<AppendResult>): Promise<string> {
  try {
    const { outcomes } = await appending;
    return outcomes.map((outcome) => outcome.kind).join(' ');
  } catch (error) {
    if (!(error instanceof LogUnavailableError)) throw error;
    return error.outcomeUnknown ? 'unknown' : 'unavailable';
  }
}

const longEnoughForEveryTryMs = 10_000;
/** Longer than all commits of the longest script could take, one after the other. */
const everythingIsOverMs = 1_000_000;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const poison = aUnit(anOrder(0, 999), 0, { events: [{ type: 'OrderCreated', data: 1n }] });

describe('requests that are appended together', () => {
  it('are one transaction, in the order in which they came', async () => {
    const { append, storage, clock } = setUp();
    const appended = numbers(5).map((number) => append(aUnit(anOrder(0, number))));
    await Promise.all(appended);
    expect(storage.commits).toHaveLength(1);
    const rows = await storage.readPartition(0, 1, 10);
    expect(rows.map((row) => row.streamId)).toEqual(numbers(5).map((number) => anOrder(0, number)));
    expect(clock.pending()).toBe(0);
  });

  it('wait for the one in flight and share the next', async () => {
    const { append, storage, clock, unitsPerCommit } = setUp();
    const release = storage.hold();
    const first = append(aUnit(anOrder(0, 1)));
    await clock.settle();
    const others = numbers(7).map((number) => append(aUnit(anOrder(1, number))));
    await clock.settle();
    expect(unitsPerCommit()).toEqual([1]);
    release();
    await Promise.all([first, ...others]);
    expect(unitsPerCommit()).toEqual([1, 7]);
  });

  it('fill at most 200 units of a transaction; a request is never split, and a larger one goes alone', async () => {
    const { append, unitsPerCommit } = setUp();
    const units = (partition: number, count: number) =>
      numbers(count).map((number) => aUnit(anOrder(partition, number)));
    await Promise.all([
      ...units(0, 150).map((unit) => append(unit)),
      append(...units(1, 60)),
      append(...units(2, 300)),
      append(...units(3, 2)),
    ]);
    expect(unitsPerCommit()).toEqual([150, 60, 300, 2]);
  });

  it('that carry no unit count as one', async () => {
    const { log, storage } = setUp();
    const move = (partition: number) => ({ group: 'payment', logId: 'log-a', partition, from: 0, to: 1 });
    const results = await Promise.all(numbers(201).map((number) => log.append({ units: [], offsets: [move(number)] })));
    expect(results.every(({ offsets }) => offsets === 'moved')).toBe(true);
    expect(storage.commits.map((requests) => requests.length)).toEqual([200, 1]);
  });

  it('may be two transactions at the same time where there are two writers', async () => {
    const { append, storage, clock, log } = setUp({ writers: 2 });
    const release = storage.hold();
    const first = append(aUnit(anOrder(0, 1)));
    await clock.settle();
    const second = append(aUnit(anOrder(1, 1)));
    await clock.settle();
    const third = append(aUnit(anOrder(2, 1)));
    await clock.settle();
    expect(storage.commits).toHaveLength(2);
    release();
    expect(await Promise.all([first, second, third].map(fateOf))).toEqual(['appended', 'appended', 'appended']);
    await log.drain();
    expect(storage.commits).toHaveLength(3);
  });

  it('leave the process its turns, even when every answer brings the next request at once', async () => {
    const { append } = setUp();
    let turns = 0;
    const done = new AbortController();
    const turning = (async () => {
      while (!done.signal.aborted) {
        await new Promise((resolve) => setImmediate(resolve));
        turns += 1;
      }
    })();
    for (const number of numbers(50)) await append(aUnit(anOrder(0, number)));
    done.abort();
    await turning;
    expect(turns).toBeGreaterThanOrEqual(50);
  });

  it('are announced before their callers hear of them', async () => {
    const { append, announced } = setUp();
    const appending = append(aUnit(anOrder()));
    const announcedThen = appending.then((result) => announced.includes(result));
    expect(await announcedThen).toBe(true);
  });
});

describe('an append that cannot be written', () => {
  it('fails alone: its neighbours in the transaction are recorded, in order', async () => {
    const { append, storage, clock } = setUp();
    const appended = [
      append(aUnit(anOrder(0, 1))),
      append(poison),
      append(aUnit(anOrder(0, 2))),
      append(aUnit(anOrder(0, 1), 1)),
    ];
    expect(await Promise.all(appended.map(fateOf))).toEqual(['appended', 'unavailable', 'appended', 'appended']);
    const rows = await storage.readPartition(0, 1, 10);
    expect(rows.map(({ streamId, version }) => [streamId, version])).toEqual([
      [anOrder(0, 1), 1],
      [anOrder(0, 2), 1],
      [anOrder(0, 1), 2],
    ]);
    expect(clock.pending()).toBe(0);
  });

  it('tells its caller why', async () => {
    const { append } = setUp();
    await expect(append(poison)).rejects.toMatchObject({
      name: 'LogUnavailableError',
      outcomeUnknown: false,
      cause: expect.objectContaining({ name: 'TypeError' }),
    });
  });
});

describe('a transaction that is rolled back', () => {
  it('is tried again after a growing, bounded pause where that helps', async () => {
    const { append, storage, clock } = setUp();
    storage.next('locked', 'locked', 'locked', 'locked', 'locked');
    const appending = append(aUnit(anOrder()));
    const pauses: number[] = [];
    let triedAt = 0;
    for (let tries = 1; tries < 6;) {
      await clock.advance(1);
      if (storage.commits.length === tries) continue;
      pauses.push(clock.monotonic() - triedAt);
      triedAt = clock.monotonic();
      tries = storage.commits.length;
    }
    expect(await fateOf(appending)).toBe('appended');
    for (const [index, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual(20 * 2 ** index);
      expect(pause).toBeLessThanOrEqual(40 * 2 ** index);
    }
  });

  it('is given up after six tries, and says that nothing was recorded', async () => {
    const { append, storage, clock } = setUp();
    storage.next(...numbers(6).map((): CommitFate => 'locked'));
    const appended = [1, 2].map((number) => fateOf(append(aUnit(anOrder(0, number)))));
    await clock.advance(longEnoughForEveryTryMs);
    expect(await Promise.all(appended)).toEqual(['unavailable', 'unavailable']);
    expect(storage.commits).toHaveLength(6);
    expect(await storage.heads()).toEqual([0, 0, 0, 0]);
    expect(await fateOf(append(aUnit(anOrder(0, 1))))).toBe('appended');
  });
});

describe('a transaction whose outcome is unknown', () => {
  it.each(['lost-before', 'lost-after'] as const)(
    '(%s) is appended again, and each unit is recorded once',
    async (fate) => {
      const { append, storage, clock, announced } = setUp();
      storage.next(fate);
      const appended = numbers(3).map((number) =>
        append(aUnit(anOrder(0, number), 0, { events: [anEvent(0), anEvent(1)] })),
      );
      await clock.advance(longEnoughForEveryTryMs);
      expect(await Promise.all(appended.map(fateOf))).toEqual(['appended', 'appended', 'appended']);
      const rows = await storage.readPartition(0, 1, 10);
      expect(rows.map((row) => row.position)).toEqual([1, 2, 3, 4, 5, 6]);
      const results = await Promise.all(appended);
      expect(
        results.flatMap(({ outcomes }) => outcomes.flatMap((outcome) => ('rows' in outcome ? outcome.rows : []))),
      ).toEqual(rows);
      expect(announced).toEqual(results);
    },
  );

  it('is claimed with all its streams, emits and timers', async () => {
    const { append, storage, clock } = setUp();
    storage.next('lost-after');
    const events = [
      anEvent(0, { emits: [{ type: 'AssessFraud', data: { attempt: 1 } }], timer: { kind: 'retry', afterMs: 5 } }),
    ];
    const wide = aUnit(anOrder(0), 0, { events });
    const unit = { ...wide, streams: [...wide.streams, ...aUnit(anOrder(1)).streams] };
    const appending = append(unit, aUnit(anOrder(0), 1));
    await clock.advance(longEnoughForEveryTryMs);
    expect(await fateOf(appending)).toBe('appended appended');
  });

  it('may have been rolled back altogether, and then its conflicts stay conflicts', async () => {
    const { append, storage, clock } = setUp();
    await append(aUnit(anOrder()));
    storage.next('lost-after');
    const appending = append(aUnit(anOrder(), 0, { cause: 'late' }), aUnit(anOrder(1)), aUnit(anOrder(), 1));
    await clock.advance(longEnoughForEveryTryMs);
    expect(await fateOf(appending)).toBe('conflict appended conflict');
  });

  it('is unknown for its callers when it stays so, and the same unit appended again finds out', async () => {
    const { append, storage, clock } = setUp();
    storage.next('lost-after', ...numbers(5).map((): CommitFate => 'lost-before'));
    const appending = fateOf(append(aUnit(anOrder())));
    await clock.advance(longEnoughForEveryTryMs);
    expect(await appending).toBe('unknown');
    expect(storage.commits).toHaveLength(6);
    expect(await fateOf(append(aUnit(anOrder())))).toBe('duplicate');
  });

  it('stays unknown when the next tries are rolled back', async () => {
    const { append, storage, clock } = setUp();
    storage.next('lost-after', ...numbers(5).map((): CommitFate => 'locked'));
    const locked = fateOf(append(aUnit(anOrder(0, 1))));
    await clock.advance(longEnoughForEveryTryMs);
    expect(await locked).toBe('unknown');
    storage.next('lost-after', 'refused', 'refused');
    const refused = fateOf(append(aUnit(anOrder(0, 2))));
    await clock.advance(longEnoughForEveryTryMs);
    expect(await refused).toBe('unknown');
  });

  it('is claimed one by one too, when the transaction as a whole is refused after it', async () => {
    const { append, storage, clock } = setUp();
    storage.next('lost-after', 'refused');
    const appended = [1, 2].map((number) => fateOf(append(aUnit(anOrder(0, number)))));
    await clock.advance(longEnoughForEveryTryMs);
    expect(await Promise.all(appended)).toEqual(['appended', 'appended']);
    expect(await storage.readPartition(0, 1, 10)).toHaveLength(2);
  });

  it('tells the offsets of its requests as stale, so that the consumer reads where they are', async () => {
    const { log, storage, clock } = setUp();
    storage.next('lost-after');
    const move = { group: 'payment', logId: 'log-a', partition: 0, from: 0, to: 1 };
    const appending = log.append({ units: [aUnit(anOrder())], offsets: [move] });
    await clock.advance(longEnoughForEveryTryMs);
    expect(await appending).toMatchObject({ outcomes: [{ kind: 'appended' }], offsets: 'stale' });
    expect(await storage.offsets('payment', 'log-a')).toEqual(new Map([[0, 1]]));
  });

  it('is what a storage that throws leaves behind: nobody waits for ever', async () => {
    const { append, storage, clock } = setUp();
    storage.next('throws');
    const once = fateOf(append(aUnit(anOrder(0, 1))));
    await clock.advance(longEnoughForEveryTryMs);
    expect(await once).toBe('appended');
    storage.next(...numbers(6).map((): CommitFate => 'throws'));
    const always = fateOf(append(aUnit(anOrder(0, 2))));
    await clock.advance(longEnoughForEveryTryMs);
    expect(await always).toBe('unknown');
  });
});

describe('a duplicate after a lost answer', () => {
  it('belongs to the first of two requests with one cause', async () => {
    const { append, storage, clock } = setUp();
    storage.next('lost-after');
    const appended = [append(aUnit(anOrder())), append(aUnit(anOrder()))];
    await clock.advance(longEnoughForEveryTryMs);
    expect(await Promise.all(appended.map(fateOf))).toEqual(['appended', 'duplicate']);
  });

  it.each<[string, readonly AppendUnit[], AppendUnit]>([
    [
      'on a later version, past rows that the caller has not seen',
      [aUnit(anOrder(), 0), aUnit(anOrder(), 1, { cause: 'm1' })],
      aUnit(anOrder(), 0, { cause: 'm1' }),
    ],
    [
      'on an earlier version',
      [aUnit(anOrder(), 0, { cause: 'm1' }), aUnit(anOrder(), 1)],
      aUnit(anOrder(), 2, { cause: 'm1' }),
    ],
    [
      'with another decision',
      [aUnit(anOrder(), 0, { cause: 'm1', events: [anEvent(0)] })],
      aUnit(anOrder(), 0, { cause: 'm1', events: [anEvent(3)] }),
    ],
    [
      'with fewer events',
      [aUnit(anOrder(), 0, { cause: 'm1', events: [anEvent(0)] })],
      aUnit(anOrder(), 0, { cause: 'm1', events: [anEvent(0), anEvent(1)] }),
    ],
    [
      'for another request',
      [{ ...aUnit(anOrder()), cause: { ...aUnit(anOrder()).cause, correlationId: 'first' } }],
      { ...aUnit(anOrder()), cause: { ...aUnit(anOrder()).cause, correlationId: 'second' } },
    ],
  ])('stays a duplicate when its rows were recorded before (%s)', async (_how, before, unit) => {
    const { append, storage, clock, announced } = setUp();
    await append(...before);
    announced.length = 0;
    storage.next('lost-after');
    const appending = append(unit);
    await clock.advance(longEnoughForEveryTryMs);
    expect(await fateOf(appending)).toBe('duplicate');
    expect(announced.flatMap(({ outcomes }) => outcomes.map((outcome) => outcome.kind))).toEqual(['duplicate']);
  });

  it.each<[string, AppendUnit, string]>([
    ['a duplicate', aUnit(anOrder(), 0, { cause: 'm1', events: [anEvent(3)] }), 'duplicate duplicate duplicate'],
    ['a conflict', aUnit(anOrder(), 0, { cause: 'm0' }), 'conflict duplicate duplicate'],
  ])(
    "is nobody's own behind %s of its stream, though it says the same at the same place",
    async (_what, first, fates) => {
      const { append, storage, clock } = setUp();
      const second = aUnit(anOrder(), 1, { cause: 'm2' });
      const third = aUnit(anOrder(), 2, { cause: 'm3' });
      await append(aUnit(anOrder(), 0, { cause: 'm1' }), second, third);
      storage.next('lost-after');
      const appended = [append(first, second), append(third)];
      await clock.advance(longEnoughForEveryTryMs);
      expect((await Promise.all(appended.map(fateOf))).join(' ')).toBe(fates);
    },
  );
});

describe('draining', () => {
  it('is over at once when nothing waits', async () => {
    await setUp().log.drain();
  });

  it('waits for what is queued and for what is in flight', async () => {
    const { append, log, storage, clock } = setUp();
    const release = storage.hold();
    const appended = [1, 2].map((number) => fateOf(append(aUnit(anOrder(0, number)))));
    await clock.settle();
    let drained = 0;
    const draining = [log.drain(), log.drain()].map(async (drain) => {
      await drain;
      drained += 1;
    });
    await clock.settle();
    expect(drained).toBe(0);
    release();
    await Promise.all(draining);
    expect(await Promise.all(appended)).toEqual(['appended', 'appended']);
  });

  it('ends although an append failed', async () => {
    const { append, log } = setUp();
    const appending = fateOf(append(poison));
    await log.drain();
    expect(await appending).toBe('unavailable');
  });
});

describe('overload', () => {
  it.each([
    { waiting: 200, what: 'all that waits fits in the next commit', afterMs: 2_000 },
    { waiting: 201, what: 'more waits than that', afterMs: 200 },
  ])('begins when the oldest request has waited for $afterMs ms and $what, and ends with the queue', async (given) => {
    const { append, log, storage, clock } = setUp();
    const release = storage.hold();
    const inFlight = append(aUnit(anOrder(0, 1)));
    await clock.advance(5_000);
    expect(log.overloaded()).toBe(false);
    const queued = numbers(given.waiting).map((number) => append(aUnit(anOrder(1, number))));
    await clock.advance(given.afterMs);
    expect(log.overloaded()).toBe(false);
    await clock.advance(1);
    expect(log.overloaded()).toBe(true);
    release();
    await Promise.all([inFlight, ...queued]);
    expect(log.overloaded()).toBe(false);
  });

  it('begins when more than 2,000 units wait', async () => {
    const { append, log, storage, clock } = setUp();
    const release = storage.hold();
    const first = append(aUnit(anOrder(0, 1)));
    await clock.settle();
    const waiting = append(...numbers(2_000).map((number) => aUnit(anOrder(1, number))));
    expect(log.overloaded()).toBe(false);
    const last = append(aUnit(anOrder(2, 1)));
    expect(log.overloaded()).toBe(true);
    release();
    await Promise.all([first, waiting, last]);
    expect(log.overloaded()).toBe(false);
  });

  it('is not judged by a clock that jumps', async () => {
    const { append, log, storage, clock } = setUp();
    const release = storage.hold();
    const inFlight = append(aUnit(anOrder(0, 1)));
    await clock.settle();
    const queued = append(aUnit(anOrder(0, 2)));
    clock.jump(3_600_000);
    expect(log.overloaded()).toBe(false);
    release();
    await Promise.all([inFlight, queued]);
  });
});

const fates = fc.array(
  fc.constantFrom<CommitFate>('committed', 'locked', 'refused', 'lost-before', 'lost-after', 'throws'),
  { maxLength: 40, size: 'max' },
);

describe('whatever becomes of the transactions', () => {
  /** A consumer or a caller: handles its messages one by one, and each until the log has said that it is recorded. */
  const clients = fc.array(
    fc.record({
      order: fc.integer({ min: 1, max: 3 }),
      messages: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6, size: 'max' }),
    }),
    { minLength: 1, maxLength: 8, size: 'max' },
  );

  it('nothing is lost, nothing acts twice, and what a caller is told to be its own follows the state that it decided on', async () => {
    await fc.assert(
      fc.asyncProperty(clients, fates, fc.constantFrom(1, 2), async (all, script, writers) => {
        const { clock, storage, append } = setUp({ writers });
        storage.next(...script);
        const handle = async (order: number, message: number) => {
          const streamId = anOrder(0, order);
          for (;;) {
            const version = (await storage.readStream(streamId)).length;
            const unit = aUnit(streamId, version, { cause: `message ${message}`, events: [anEvent(version)] });
            const result = await append(unit).catch(() => undefined);
            const outcome = result?.outcomes[0];
            if (outcome?.kind === 'duplicate') return;
            if (outcome?.kind === 'appended') {
              expect(outcome.rows).toMatchObject([
                { version: version + 1, causeId: unit.cause.id, data: { step: version } },
              ]);
              return;
            }
          }
        };
        const working = all.map(async ({ order, messages }) => {
          for (const message of messages) await handle(order, message);
        });
        await clock.advance(everythingIsOverMs);
        await Promise.all(working);

        const rows = await storage.readPartition(0, 1, 1_000);
        expect(rows.map((row) => row.position)).toEqual(rows.map((_, index) => index + 1));
        const acted = rows.map((row) => `${row.streamId} ${row.causeId}`);
        const sent = all.flatMap(({ order, messages }) =>
          messages.map(
            (message) => `${anOrder(0, order)} ${aUnit(anOrder(), 0, { cause: `message ${message}` }).cause.id}`,
          ),
        );
        expect(acted.toSorted()).toEqual([...new Set(sent)].toSorted());
        expect(clock.pending()).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('requests are recorded in the order in which they came, and each is answered once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 12, size: 'max' }),
        fates,
        async (sizes, script) => {
          const { clock, storage, log } = setUp();
          storage.next(...script);
          const requests = sizes.map((size, request): AppendRequest => ({
            units: numbers(size).map((unit) => aUnit(anOrder(0, request * 100 + unit))),
          }));
          const answers = requests.map((request) => fateOf(log.append(request)));
          const settled: string[] = [];
          answers.forEach((answer, index) => void answer.then((fate) => (settled[index] = fate)));
          for (let rounds = 0; rounds < 50 && Object.keys(settled).length < sizes.length; rounds += 1) {
            await clock.advance(longEnoughForEveryTryMs);
          }
          const recorded = (await storage.readPartition(0, 1, 10_000)).map((row) => row.streamId);
          expect(recorded).toEqual(recorded.toSorted());
          for (const [index, fate] of settled.entries()) {
            const ofRequest = requests[index]?.units.filter((unit) =>
              recorded.includes(unit.streams[0]!.streamId),
            ).length;
            if (fate.startsWith('appended')) expect(ofRequest).toBe(sizes[index]);
            if (fate === 'unavailable') expect(ofRequest).toBe(0);
          }
          expect(settled).toHaveLength(sizes.length);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a unit that touches no stream', () => {
  it('is recorded once although its first answer was lost', async () => {
    const { append, storage, clock } = setUp();
    storage.next('lost-after');
    const appending = append(aUnitWithoutStream({ deadLetters: [aDeadLetter()] }));
    await clock.advance(longEnoughForEveryTryMs);
    expect(await fateOf(appending)).toBe('appended');
    expect(await storage.deadLetters({ afterSeq: 0, limit: 10 })).toHaveLength(1);
  });
});
