import { describe, expect, it } from 'vitest';
import { aCause, aDeadLetter, anEvent, anOrder, aStream, aUnit, testIdentity } from '../units.builder.ts';
import {
  append,
  commit,
  type ContractContext,
  everythingIn,
  given,
  kindsOf,
  nothingAsked,
  rowsOf,
  rowsOfPartitions,
} from './context.ts';

/** Positions, versions, causes, and what is set aside. */
export function describeAppends({ storage, secondStorage, clock }: ContractContext): void {
  describe('an empty log', () => {
    it('answers, and holds nothing', async () => {
      await storage().ping();
      expect(storage().identity).toMatchObject({ service: 'order', partitions: testIdentity.partitions, epoch: 0 });
      expect(await storage().heads()).toEqual([0, 0, 0, 0]);
      expect(await storage().readStream(anOrder())).toEqual([]);
      expect(await storage().readStreams([anOrder()])).toEqual(new Map([[anOrder(), []]]));
      expect(await storage().readPartition(0, 1, 10)).toEqual([]);
      expect(await storage().readModel(anOrder())).toBeUndefined();
      expect(await storage().listReadModel({ limit: 10 })).toEqual([]);
    });

    it('takes a transaction without units', async () => {
      expect(await commit(storage())).toEqual([]);
      expect(await commit(storage(), { units: [] })).toEqual([{ outcomes: [], offsets: 'none' }]);
      expect(await storage().heads()).toEqual([0, 0, 0, 0]);
    });
  });

  describe('an appended unit', () => {
    it('is read as it was written, from the stream and from the partition', async () => {
      const order = anOrder(2);
      const unit = aUnit(order, 0, {
        events: [
          { type: 'OrderCreated', data: { total: 1_999 }, emits: [{ type: 'AssessFraud', data: { attempt: 1 } }] },
          { type: 'OrderPaid', data: {}, timer: { kind: 'announce', afterMs: 60_000 } },
          { type: 'OrderShipped', data: null, emits: [], timer: null },
        ],
      });
      const traced = { ...unit, cause: { ...unit.cause, traceparent: '00-1-2-01' } };
      const before = clock.now();
      const rows = await given(storage(), traced);
      expect(rows).toMatchObject([
        { position: 1, version: 1, causeIndex: 0, type: 'OrderCreated', data: { total: 1_999 } },
        { position: 2, version: 2, causeIndex: 1, type: 'OrderPaid', timer: { kind: 'announce', afterMs: 60_000 } },
        { position: 3, version: 3, causeIndex: 2, type: 'OrderShipped', data: null, timer: null },
      ]);
      expect(rows.map((row) => row.emits)).toEqual([[{ type: 'AssessFraud', data: { attempt: 1 } }], [], []]);
      expect(rows[0]).not.toHaveProperty('timer');
      for (const row of rows) {
        expect(row).toMatchObject({
          partition: 2,
          streamId: order,
          causeId: unit.cause.id,
          correlationId: unit.cause.correlationId,
          traceparent: '00-1-2-01',
        });
        expect(row.recordedAt).toBeGreaterThanOrEqual(before);
        expect(row.recordedAt).toBeLessThanOrEqual(clock.now());
      }
      expect(await storage().readStream(order)).toEqual(rows);
      expect(await storage().readPartition(2, 1, 10)).toEqual(rows);
      expect((await storage().readStreams([order])).get(order)).toEqual(rows);
    });

    it('has no trace context where its cause had none', async () => {
      await given(storage(), aUnit(anOrder()));
      expect((await storage().readStream(anOrder()))[0]?.traceparent).toBeUndefined();
    });

    it('follows the last position of its own partition', async () => {
      await given(storage(), aUnit(anOrder(1, 1)), aUnit(anOrder(3, 1)), aUnit(anOrder(1, 2)));
      const rows = await given(storage(), aUnit(anOrder(1, 3)), aUnit(anOrder(0, 1)));
      expect(rows.map(({ partition, position }) => [partition, position])).toEqual([
        [1, 3],
        [0, 1],
      ]);
      expect(await storage().heads()).toEqual([1, 3, 0, 1]);
    });

    it('may follow another of the same transaction, in the same request or in a later one', async () => {
      const order = anOrder();
      const results = await commit(
        storage(),
        { units: [aUnit(order, 0), aUnit(order, 1)] },
        { units: [aUnit(order, 2)] },
      );
      expect(results.flatMap(({ outcomes }) => kindsOf(outcomes))).toEqual(['appended', 'appended', 'appended']);
      expect((await storage().readStream(order)).map((row) => row.version)).toEqual([1, 2, 3]);
    });

    it('covers all its streams, each in its own partition', async () => {
      const [order, other] = [anOrder(1), anOrder(2)];
      const unit = {
        ...aUnit(order),
        streams: [aStream(order, 0, { events: [anEvent(0), anEvent(1)] }), aStream(other)],
      };
      const rows = await given(storage(), unit);
      expect(
        rows.map(({ partition, position, version, causeIndex }) => [partition, position, version, causeIndex]),
      ).toEqual([
        [1, 1, 1, 0],
        [1, 2, 2, 1],
        [2, 1, 1, 0],
      ]);
      expect((await storage().readModel(order))?.version).toBe(2);
      expect((await storage().readModel(other))?.version).toBe(1);
    });
  });

  describe('concurrent appends', () => {
    it('leave no gap and lose no row, and no reader ever sees a position before the ones below it', async () => {
      const second = await secondStorage();
      const orders = Array.from({ length: 60 }, (_, index) => anOrder(index % 3, index + 1));
      const done = new AbortController();
      const read = async (partition: number) => {
        while (!done.signal.aborted) {
          const positions = (await storage().readPartition(partition, 1, 100)).map((row) => row.position);
          expect(positions).toEqual(positions.map((_, index) => index + 1));
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      const readers = [0, 1, 2].map(read);
      const appended = await Promise.all(
        orders.map((order, index) => given(index % 2 === 0 ? storage() : second, aUnit(order))),
      );
      done.abort();
      await Promise.all(readers);

      const partitions = await rowsOfPartitions(second);
      expect(partitions.map((rows) => rows.map((row) => row.position))).toEqual([
        ...[0, 1, 2].map(() => Array.from({ length: 20 }, (_, index) => index + 1)),
        [],
      ]);
      for (const row of appended.flat()) expect(partitions[row.partition]?.[row.position - 1]).toEqual(row);
    });

    it('of one stream: one wins, the others hear of a conflict', async () => {
      const second = await secondStorage();
      const order = anOrder();
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          append(index % 2 === 0 ? storage() : second, aUnit(order, 0, { cause: `caller ${index}` })),
        ),
      );
      expect(outcomes.flatMap(kindsOf).toSorted()).toEqual([
        'appended',
        ...Array.from({ length: 9 }, () => 'conflict'),
      ]);
      expect(await storage().readStream(order)).toHaveLength(1);
    });
  });

  describe('a unit that was decided on another version', () => {
    it.each([
      ['older', 1],
      ['newer', 3],
    ])('(%s) is a conflict and writes nothing', async (_which, expectedVersion) => {
      const order = anOrder();
      await given(storage(), aUnit(order, 0), aUnit(order, 1));
      const before = await everythingIn(storage());
      const late = aUnit(order, expectedVersion, { cause: 'late', key: aKey('late'), view: { status: 'LATE' } });
      expect(await append(storage(), late)).toEqual([{ kind: 'conflict', streamId: order }]);
      expect(await everythingIn(storage())).toEqual(before);
      expect(await storage().key('late')).toBeUndefined();
    });

    it('names the stream that moved on, and leaves the unit’s other stream alone', async () => {
      const [order, other] = [anOrder(1), anOrder(2)];
      await given(storage(), aUnit(other));
      const unit = { ...aUnit(order), streams: [aStream(order), aStream(other, 0)] };
      expect(await append(storage(), { ...unit, cause: { id: aCause('both'), correlationId: 'both' } })).toEqual([
        { kind: 'conflict', streamId: other },
      ]);
      expect(await storage().readStream(order)).toEqual([]);
      expect(await storage().readModel(order)).toBeUndefined();
    });
  });

  describe('a cause that has acted', () => {
    it('acts no second time: its recorded rows are the answer, and nothing is written', async () => {
      const order = anOrder();
      const first = await given(storage(), aUnit(order, 0, { cause: 'm1', events: [anEvent(0), anEvent(1)] }));
      await given(storage(), aUnit(order, 2));
      const before = await everythingIn(storage());
      // Decided again on the newer state, and this time something else follows: it must not count.
      const again = aUnit(order, 3, {
        cause: 'm1',
        events: [anEvent(3)],
        key: aKey('key-1'),
        view: { status: 'TWICE' },
      });
      expect(await append(storage(), again)).toEqual([{ kind: 'duplicate', rows: first }]);
      expect(await everythingIn(storage())).toEqual(before);
    });

    it('is found on whichever of its streams it acted, and on all of them', async () => {
      const [order, other] = [anOrder(1), anOrder(2)];
      const unit = { ...aUnit(order, 0, { cause: 'm1' }), streams: [aStream(order), aStream(other)] };
      const rows = await given(storage(), unit);
      expect(await append(storage(), unit)).toEqual([{ kind: 'duplicate', rows }]);
      expect(await append(storage(), aUnit(other, 1, { cause: 'm1' }))).toEqual([
        { kind: 'duplicate', rows: [rows[1]] },
      ]);
      const wider = { ...unit, streams: [aStream(anOrder(3)), aStream(other, 1)] };
      expect(await append(storage(), wider)).toEqual([{ kind: 'duplicate', rows: [rows[1]] }]);
      expect(await storage().readStream(anOrder(3))).toEqual([]);
    });

    it('is found within its own transaction as well', async () => {
      const order = anOrder();
      const [first, second] = await commit(
        storage(),
        { units: [aUnit(order, 0, { cause: 'm1' })] },
        { units: [aUnit(order, 1, { cause: 'm1' })] },
      );
      expect(kindsOf(first?.outcomes ?? [])).toEqual(['appended']);
      expect(second?.outcomes).toEqual([{ kind: 'duplicate', rows: rowsOf(first?.outcomes[0]) }]);
      expect(await storage().readStream(order)).toHaveLength(1);
    });

    it('is found by an inquiry on its own stream, whether the rows are asked for or not', async () => {
      const [order, other] = [anOrder(0, 1), anOrder(1, 2)];
      await given(
        storage(),
        aUnit(order, 0, { cause: 'm1', events: [anEvent(0), anEvent(1)] }),
        aUnit(other, 0, { cause: 'm2' }),
      );
      const causes = [
        { streamId: order, causeId: aCause('m1') },
        { streamId: other, causeId: aCause('m1') },
        { streamId: other, causeId: aCause('m2') },
        { streamId: order, causeId: aCause('m3') },
      ];
      const byCause = await storage().inquire({ ...nothingAsked, causes });
      const byRows = await storage().inquire({ ...nothingAsked, streamIds: [order, other] });
      expect(causes.map(byCause.hasActed)).toEqual([true, false, true, false]);
      expect(causes.map(byRows.hasActed)).toEqual([true, false, true, false]);
    });

    it('may still act on another order', async () => {
      await given(storage(), aUnit(anOrder(0, 1), 0, { cause: 'm1' }));
      await given(storage(), aUnit(anOrder(0, 2), 0, { cause: 'm1' }));
    });
  });

  describe('a unit that is set aside', () => {
    it('sets aside every later unit of its stream, even one whose version fits, and no other', async () => {
      const [order, neighbour] = [anOrder(0, 1), anOrder(0, 2)];
      await given(storage(), aUnit(order, 0));
      const outcomes = await append(
        storage(),
        aUnit(neighbour, 0),
        aUnit(order, 0, { cause: 'stale' }),
        aUnit(neighbour, 1),
        aUnit(order, 1, { cause: 'decided on what did not come about' }),
        aUnit(neighbour, 2),
      );
      expect(kindsOf(outcomes)).toEqual(['appended', 'conflict', 'appended', 'conflict', 'appended']);
      expect((await storage().readStream(order)).map((row) => row.version)).toEqual([1]);
      expect((await storage().readStream(neighbour)).map((row) => row.version)).toEqual([1, 2, 3]);
      expect(await storage().heads()).toEqual([4, 0, 0, 0]);
      expect((await storage().readModel(order))?.version).toBe(1);
      expect((await storage().readModel(neighbour))?.version).toBe(3);
    });

    it('does so when it is a duplicate, and across the requests of a transaction', async () => {
      const order = anOrder();
      await given(storage(), aUnit(order, 0, { cause: 'm1' }));
      const results = await commit(
        storage(),
        { units: [aUnit(order, 1, { cause: 'm1' })] },
        { units: [aUnit(order, 1, { cause: 'm2' }), aUnit(anOrder(1), 0)] },
      );
      expect(results.map(({ outcomes }) => kindsOf(outcomes))).toEqual([['duplicate'], ['conflict', 'appended']]);
    });

    it('does so on each of its streams', async () => {
      const [order, other, third] = [anOrder(0, 1), anOrder(1, 1), anOrder(2, 1)];
      await given(storage(), aUnit(order, 0));
      const both = { ...aUnit(order, 0, { cause: 'stale' }), streams: [aStream(order, 0), aStream(other, 0)] };
      const next = { ...aUnit(other, 0, { cause: 'next' }), streams: [aStream(other, 0), aStream(third, 0)] };
      const outcomes = await append(storage(), both, next, aUnit(third, 0, { cause: 'last' }));
      expect(kindsOf(outcomes)).toEqual(['conflict', 'conflict', 'conflict']);
      expect(await storage().heads()).toEqual([1, 0, 0, 0]);
    });
  });

  describe('a stream without events in a unit', () => {
    const guarded = (expectedVersion: number) =>
      aUnit(anOrder(), expectedVersion, { cause: 'guarded', events: [], deadLetters: [aDeadLetter()] });

    it('guards the rest of the unit: it fits while the stream is at that version, and writes nothing of it', async () => {
      await given(storage(), aUnit(anOrder()));
      const before = await everythingIn(storage());
      expect(await append(storage(), guarded(1))).toEqual([{ kind: 'appended', rows: [] }]);
      const { deadLetters, ...rest } = await everythingIn(storage());
      expect(deadLetters).toHaveLength(1);
      expect({ ...rest, deadLetters: [] }).toEqual(before);
    });

    it('sets the unit aside when the stream has moved on', async () => {
      await given(storage(), aUnit(anOrder()), aUnit(anOrder(), 1));
      const before = await everythingIn(storage());
      expect(await append(storage(), guarded(1))).toEqual([{ kind: 'conflict', streamId: anOrder() }]);
      expect(await everythingIn(storage())).toEqual(before);
    });

    it('may guard a stream that does not exist', async () => {
      expect(kindsOf(await append(storage(), guarded(0)))).toEqual(['appended']);
      expect(await storage().heads()).toEqual([0, 0, 0, 0]);
      expect(await storage().readModel(anOrder())).toBeUndefined();
    });
  });

  describe('reading', () => {
    it('a stream starts after a version', async () => {
      const order = anOrder();
      await given(storage(), aUnit(order, 0, { events: [anEvent(0), anEvent(1), anEvent(2)] }));
      const versions = async (after?: number) => (await storage().readStream(order, after)).map((row) => row.version);
      expect(await versions()).toEqual([1, 2, 3]);
      expect(await versions(0)).toEqual([1, 2, 3]);
      expect(await versions(2)).toEqual([3]);
      expect(await versions(3)).toEqual([]);
      expect(await versions(9)).toEqual([]);
    });

    it('several streams gives each its own rows, and an unknown one none', async () => {
      await given(storage(), aUnit(anOrder(0, 1), 0), aUnit(anOrder(0, 2), 0), aUnit(anOrder(0, 1), 1));
      const rows = await storage().readStreams([anOrder(0, 1), anOrder(0, 2), anOrder(0, 3)]);
      expect([...rows].map(([order, found]) => [order, found.map((row) => row.version)])).toEqual([
        [anOrder(0, 1), [1, 2]],
        [anOrder(0, 2), [1]],
        [anOrder(0, 3), []],
      ]);
      const later = await storage().readStreams([anOrder(0, 1), anOrder(0, 2)], 1);
      expect([...later.values()].map((found) => found.map((row) => row.version))).toEqual([[2], []]);
      expect(await storage().readStreams([])).toEqual(new Map());
    });

    it('an inquiry gives each stream its own rows, and what was not asked for is not there', async () => {
      await given(storage(), aUnit(anOrder(0, 1), 0), aUnit(anOrder(1, 2), 0), aUnit(anOrder(0, 1), 1));
      const wanted = { ...nothingAsked, streamIds: [anOrder(0, 1), anOrder(0, 3)] };
      const { rows } = await storage().inquire(wanted);
      expect(rows(anOrder(0, 1))).toEqual(await storage().readStream(anOrder(0, 1)));
      expect(rows(anOrder(0, 3))).toEqual([]);

      const nothing = await storage().inquire(nothingAsked);
      expect(nothing.rows(anOrder(0, 1))).toEqual([]);
      expect(nothing.hasActed({ streamId: anOrder(0, 1), causeId: aCause('m1') })).toBe(false);
      expect(nothing.isHeld({ group: 'payment', orderId: anOrder(0, 1) })).toBe(false);
    });

    it('an inquiry is answered in all its parts', async () => {
      const order = anOrder(0, 1);
      await given(storage(), aUnit(order, 0, { cause: 'm1', deadLetters: [aDeadLetter({ orderId: order })] }));
      const cause = { streamId: order, causeId: aCause('m1') };
      const place = { group: 'payment', orderId: order };
      const found = await storage().inquire({ streamIds: [order], causes: [cause], places: [place] });
      expect([found.rows(order).length, found.hasActed(cause), found.isHeld(place)]).toEqual([1, true, true]);
    });

    it('a partition starts at a position, stops at a limit, and never strays into the next partition', async () => {
      await given(storage(), ...Array.from({ length: 5 }, (_, index) => aUnit(anOrder(1, index + 1))));
      await given(storage(), aUnit(anOrder(2, 1)));
      const positions = async (from: number, limit: number) =>
        (await storage().readPartition(1, from, limit)).map((row) => row.position);
      expect(await positions(1, 100)).toEqual([1, 2, 3, 4, 5]);
      expect(await positions(1, 2)).toEqual([1, 2]);
      expect(await positions(4, 2)).toEqual([4, 5]);
      expect(await positions(5, 100)).toEqual([5]);
      expect(await positions(6, 100)).toEqual([]);
      expect(await positions(1_000, 100)).toEqual([]);
      expect(await storage().readPartition(0, 1, 100)).toEqual([]);
    });
  });
}

const aKey = (keyHash: string) => ({ keyHash, commandHash: 'command-1', streamId: anOrder() });
