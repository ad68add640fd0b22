import { describe, expect, it } from 'vitest';
import type { KeyClaim, OffsetMove } from '../../units.ts';
import { anOrder, aUnit, aUnitWithoutStream } from '../units.builder.ts';
import { append, commit, type ContractContext, everythingIn, given, kindsOf } from './context.ts';

/** Idempotency keys and consumer offsets. */
export function describeKeysAndOffsets({ storage, secondStorage, clock }: ContractContext): void {
  describe('an idempotency key', () => {
    it('is kept with the order that answers it', async () => {
      const before = clock.now();
      await given(storage(), aUnit(anOrder(), 0, { key: aKey() }));
      const record = await storage().key('key-1');
      expect(record).toMatchObject(aKey());
      expect(record?.createdAt).toBeGreaterThanOrEqual(before);
      expect(record?.createdAt).toBeLessThanOrEqual(clock.now());
      expect(await storage().key('key-2')).toBeUndefined();
    });

    it('that is taken is answered with its record, whatever the command, and nothing is written', async () => {
      await given(storage(), aUnit(anOrder(), 0, { key: aKey() }));
      const before = await everythingIn(storage());
      for (const commandHash of ['command-1', 'command-2']) {
        const other = aUnit(anOrder(1), 0, {
          cause: commandHash,
          key: { ...aKey(), commandHash, streamId: anOrder(1) },
        });
        expect(await append(storage(), other)).toEqual([{ kind: 'key-taken', record: before.key }]);
      }
      expect(await everythingIn(storage())).toEqual(before);
    });

    it('is taken once within a transaction', async () => {
      const [first, second] = await commit(
        storage(),
        { units: [aUnit(anOrder(0), 0, { key: aKey() })] },
        { units: [aUnit(anOrder(1), 0, { key: { ...aKey(), commandHash: 'command-2', streamId: anOrder(1) } })] },
      );
      expect(kindsOf(first?.outcomes ?? [])).toEqual(['appended']);
      expect(second?.outcomes).toEqual([{ kind: 'key-taken', record: await storage().key('key-1') }]);
      expect(await storage().key('key-1')).toMatchObject({ streamId: anOrder(0), commandHash: 'command-1' });
      expect(await storage().readStream(anOrder(1))).toEqual([]);
    });

    it('is taken once by callers at the same time', async () => {
      const second = await secondStorage();
      const outcomes = await Promise.all(
        [storage(), second, storage(), second].map((log, caller) =>
          append(log, aUnit(anOrder(0, caller + 1), 0, { key: { ...aKey(), streamId: anOrder(0, caller + 1) } })),
        ),
      );
      expect(outcomes.flatMap(kindsOf).toSorted()).toEqual(['appended', 'key-taken', 'key-taken', 'key-taken']);
    });

    it('matters less than the cause: the same request again is a duplicate', async () => {
      const unit = aUnit(anOrder(), 0, { key: aKey() });
      const rows = await given(storage(), unit);
      expect(await append(storage(), unit)).toEqual([{ kind: 'duplicate', rows }]);
    });

    it('is free when the unit that claimed it did not fit', async () => {
      await given(storage(), aUnit(anOrder(), 0));
      await append(storage(), aUnit(anOrder(), 0, { cause: 'late', key: aKey() }));
      expect(await storage().key('key-1')).toBeUndefined();
    });

    it('is forgotten after its time, a bounded number at once, and is then free', async () => {
      const claims = [1, 2, 3].map((number) => aUnit(anOrder(0, number), 0, { key: aKey(`key-${number}`) }));
      await given(storage(), ...claims);
      const createdAt = (await storage().key('key-1'))?.createdAt ?? 0;
      expect(await storage().purgeKeys(createdAt, 10)).toBe(0);
      expect(await storage().purgeKeys(createdAt + 1, 2)).toBe(2);
      expect(await storage().purgeKeys(createdAt + 1, 2)).toBe(1);
      expect(await storage().purgeKeys(createdAt + 1, 2)).toBe(0);
      expect(await storage().key('key-1')).toBeUndefined();
      await given(storage(), aUnit(anOrder(1), 0, { key: aKey() }));
    });
  });

  describe('a group’s offset', () => {
    it('moves with the units that it counts, and is the group’s and the producer’s own', async () => {
      const [result] = await commit(storage(), { units: [aUnit(anOrder())], offsets: [aMove({ to: 7 })] });
      expect(result?.offsets).toBe('moved');
      expect(await storage().offsets('payment', 'log-a')).toEqual(new Map([[0, 7]]));
      expect(await storage().offsets('payment', 'log-b')).toEqual(new Map());
      expect(await storage().offsets('shipping', 'log-a')).toEqual(new Map());
      expect(await storage().offsetLogs('payment')).toEqual(['log-a']);
      expect(await storage().offsetLogs('shipping')).toEqual([]);
    });

    it('moves alone when there was nothing to handle', async () => {
      const [moved] = await commit(storage(), { units: [], offsets: [aMove({ to: 1_000 })] });
      expect(moved).toEqual({ outcomes: [], offsets: 'moved' });
      expect(await storage().heads()).toEqual([0, 0, 0, 0]);
      expect(await storage().offsets('payment', 'log-a')).toEqual(new Map([[0, 1_000]]));
    });

    it('moves in several partitions and logs at once', async () => {
      const moves = [aMove({ partition: 1, to: 3 }), aMove({ partition: 2, to: 4 }), aMove({ logId: 'log-b', to: 5 })];
      expect((await commit(storage(), { units: [], offsets: moves }))[0]?.offsets).toBe('moved');
      expect(await storage().offsets('payment', 'log-a')).toEqual(
        new Map([
          [1, 3],
          [2, 4],
        ]),
      );
      expect(await storage().offsets('payment', 'log-b')).toEqual(new Map([[0, 5]]));
      expect((await storage().offsetLogs('payment')).toSorted()).toEqual(['log-a', 'log-b']);
    });

    it('moves on a duplicate: what it counts is recorded', async () => {
      await given(storage(), aUnit(anOrder(), 0, { cause: 'm1' }));
      const again = { units: [aUnit(anOrder(), 1, { cause: 'm1' })], offsets: [aMove({ to: 7 })] };
      expect((await commit(storage(), again))[0]?.offsets).toBe('moved');
    });

    it('is withheld when a unit of its request is set aside, while the other units are recorded', async () => {
      await given(storage(), aUnit(anOrder()));
      const units = [aUnit(anOrder(), 0, { cause: 'stale' }), aUnit(anOrder(1))];
      const [result] = await commit(storage(), { units, offsets: [aMove({ to: 7 })] });
      expect(kindsOf(result?.outcomes ?? [])).toEqual(['conflict', 'appended']);
      expect(result?.offsets).toBe('withheld');
      expect(await storage().offsets('payment', 'log-a')).toEqual(new Map());
      expect(await storage().readStream(anOrder(1))).toHaveLength(1);
    });

    it('is stale when another instance moved it, and moves in no partition then; the units are recorded', async () => {
      await commit(storage(), { units: [], offsets: [aMove({ partition: 1, to: 7 })] });
      const moves = [aMove({ partition: 0, to: 5 }), aMove({ partition: 1, from: 6, to: 9 })];
      const [result] = await commit(storage(), { units: [aUnit(anOrder())], offsets: moves });
      expect(kindsOf(result?.outcomes ?? [])).toEqual(['appended']);
      expect(result?.offsets).toBe('stale');
      expect(await storage().offsets('payment', 'log-a')).toEqual(new Map([[1, 7]]));
    });

    it('follows a move of the same transaction', async () => {
      const results = await commit(
        storage(),
        { units: [], offsets: [aMove({ from: 0, to: 5 })] },
        { units: [], offsets: [aMove({ from: 5, to: 6 })] },
        { units: [], offsets: [aMove({ from: 5, to: 9 })] },
      );
      expect(results.map((result) => result.offsets)).toEqual(['moved', 'moved', 'stale']);
      expect(await storage().offsets('payment', 'log-a')).toEqual(new Map([[0, 6]]));
    });

    it('moves for one of two instances that read the same value', async () => {
      const second = await secondStorage();
      const results = await Promise.all(
        [storage(), second].map((log) => commit(log, { units: [], offsets: [aMove({ to: 5 })] })),
      );
      expect(
        results
          .flat()
          .map((result) => result.offsets)
          .toSorted(),
      ).toEqual(['moved', 'stale']);
    });

    it('moves with a unit that touches no stream', async () => {
      const parked = { units: [aUnitWithoutStream({})], offsets: [aMove({ to: 1 })] };
      expect(await commit(storage(), parked)).toEqual([
        { outcomes: [{ kind: 'appended', rows: [] }], offsets: 'moved' },
      ]);
    });
  });
}

const aKey = (keyHash = 'key-1'): KeyClaim => ({ keyHash, commandHash: 'command-1', streamId: anOrder() });

const aMove = (parts: Partial<OffsetMove> = {}): OffsetMove => ({
  group: 'payment',
  logId: 'log-a',
  partition: 0,
  from: 0,
  to: 1,
  ...parts,
});
