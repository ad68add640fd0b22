import { describe, expect, it } from 'vitest';
import type { LogStorage } from '../../storage.port.ts';
import type { ContractContext } from './context.ts';

const ttlMs = 10_000;
const lease = (owner: string, partition = 0, consumer = 'relay') => ({ consumer, partition, owner });

/** Asks for one lease. @returns the position of its cursor, `undefined` when it is another's */
const take = async (
  storage: Pick<LogStorage, 'takeLeases'>,
  { consumer, owner, partition }: ReturnType<typeof lease>,
  forMs = ttlMs,
) => (await storage.takeLeases({ consumer, owner, partitions: [partition] }, forMs)).get(partition);

/** Moves one cursor. @returns whether it is there now */
const move = async (
  storage: Pick<LogStorage, 'moveCursors'>,
  { consumer, owner, partition }: ReturnType<typeof lease>,
  positions: { readonly from: number; readonly to: number },
) => (await storage.moveCursors({ consumer, owner }, [{ partition, ...positions }])).has(partition);

/** Who publishes a partition, and how far. */
export function describeLeases({ storage, secondStorage, clock }: ContractContext): void {
  describe('a lease', () => {
    it('begins before the first position', async () => {
      expect(await take(storage(), lease('a'))).toBe(0);
    });

    it('is one owner’s until it ends, whoever asks and wherever', async () => {
      await take(storage(), lease('a'));
      expect(await take(await secondStorage(), lease('b'))).toBeUndefined();
      expect(await take(storage(), lease('b', 1))).toBe(0);
      expect(await take(storage(), lease('b', 0, 'another consumer'))).toBe(0);
    });

    it('is renewed by its owner', async () => {
      await take(storage(), lease('a'), 200);
      await take(storage(), lease('a'));
      await clock.advance(300);
      expect(await take(storage(), lease('b'))).toBeUndefined();
    });

    it('that ended goes to whoever asks first, with the cursor where it was', async () => {
      await take(storage(), lease('a'), 200);
      expect(await move(storage(), lease('a'), { from: 0, to: 7 })).toBe(true);
      await clock.advance(300);
      expect(await take(await secondStorage(), lease('b'))).toBe(7);
      expect(await take(storage(), lease('a'))).toBeUndefined();
    });

    it('that is given back is free at once', async () => {
      await take(storage(), lease('a'));
      await storage().releaseLeases(lease('b'));
      expect(await take(storage(), lease('b'))).toBeUndefined();
      await storage().releaseLeases(lease('a'));
      expect(await take(storage(), lease('b'))).toBe(0);
    });

    it('is taken by one of many who ask at once', async () => {
      const partitions = [0, 1, 2, 3];
      const asked = await Promise.all(
        Array.from({ length: 8 }, async (_, index) =>
          (index % 2 === 0 ? storage() : await secondStorage()).takeLeases(
            { consumer: 'relay', owner: `owner ${index}`, partitions },
            ttlMs,
          ),
        ),
      );
      const taken = asked.flatMap((granted) => [...granted.keys()]);
      expect(taken).toHaveLength(partitions.length);
      expect(new Set(taken)).toEqual(new Set(partitions));
    });

    it('is asked for with others, and only what is free is had', async () => {
      const partitions = [0, 1, 2];
      await take(storage(), lease('a', 1));
      await move(storage(), lease('a', 1), { from: 0, to: 5 });
      const ofB = () => storage().takeLeases({ consumer: 'relay', owner: 'b', partitions }, ttlMs);
      expect(await ofB()).toEqual(
        new Map([
          [0, 0],
          [2, 0],
        ]),
      );
      await storage().releaseLeases({ consumer: 'relay', owner: 'a' });
      expect(await ofB()).toEqual(
        new Map([
          [0, 0],
          [1, 5],
          [2, 0],
        ]),
      );
      expect(await storage().takeLeases({ consumer: 'relay', owner: 'b', partitions: [] }, ttlMs)).toEqual(new Map());
    });

    it('that is given back is given back with all of its owner’s, and with nobody else’s', async () => {
      await storage().takeLeases({ consumer: 'relay', owner: 'a', partitions: [0, 1] }, ttlMs);
      await take(storage(), lease('b', 2));
      await take(storage(), lease('a', 0, 'another consumer'));
      await storage().releaseLeases({ consumer: 'relay', owner: 'a' });
      const ofC = await storage().takeLeases({ consumer: 'relay', owner: 'c', partitions: [0, 1, 2] }, ttlMs);
      expect(new Set(ofC.keys())).toEqual(new Set([0, 1]));
      expect(await take(storage(), lease('c', 0, 'another consumer'))).toBeUndefined();
    });
  });

  describe('a cursor', () => {
    it('is not moved by an owner whose lease another one has taken', async () => {
      await take(storage(), lease('a'), 200);
      await clock.advance(300);
      await take(storage(), lease('b'));
      expect(await move(storage(), lease('b'), { from: 0, to: 3 })).toBe(true);
      expect(await move(storage(), lease('a'), { from: 0, to: 9 })).toBe(false);
      expect(await move(storage(), lease('a'), { from: 3, to: 9 })).toBe(false);
      expect(await take(storage(), lease('b'))).toBe(3);
    });

    it('is moved from where it is, and from nowhere else', async () => {
      await take(storage(), lease('a'));
      expect(await move(storage(), lease('a'), { from: 2, to: 5 })).toBe(false);
      expect(await move(storage(), lease('a'), { from: 0, to: 5 })).toBe(true);
      expect(await move(storage(), lease('a'), { from: 0, to: 6 })).toBe(false);
      expect(await move(storage(), lease('nobody'), { from: 5, to: 6 })).toBe(false);
      expect(await take(storage(), lease('a'))).toBe(5);
    });

    it('is moved with others, and only those that may be', async () => {
      const ofA = { consumer: 'relay', owner: 'a' };
      await storage().takeLeases({ ...ofA, partitions: [0, 1] }, ttlMs);
      await take(storage(), lease('b', 2));
      const moves = [
        { partition: 0, from: 0, to: 3 },
        { partition: 1, from: 1, to: 4 },
        { partition: 2, from: 0, to: 5 },
      ];
      expect(await storage().moveCursors(ofA, moves)).toEqual(new Set([0]));
      expect(await storage().moveCursors(ofA, [])).toEqual(new Set());
      await storage().releaseLeases({ consumer: 'relay', owner: 'b' });
      expect(await storage().takeLeases({ ...ofA, partitions: [0, 1, 2] }, ttlMs)).toEqual(
        new Map([
          [0, 3],
          [1, 0],
          [2, 0],
        ]),
      );
    });

    it('that is moved again because the answer was lost is where it was moved to', async () => {
      await take(storage(), lease('a'));
      expect(await move(storage(), lease('a'), { from: 0, to: 5 })).toBe(true);
      expect(await move(storage(), lease('a'), { from: 0, to: 5 })).toBe(true);
      expect(await take(storage(), lease('a'))).toBe(5);
    });
  });
}
