import { describe, expect, it } from 'vitest';
import type { ContractContext } from './context.ts';

const ttlMs = 10_000;
const lease = (owner: string, partition = 0, consumer = 'relay') => ({ consumer, partition, owner });

/** Who publishes a partition, and how far. */
export function describeLeases({ storage, secondStorage, clock }: ContractContext): void {
  describe('a lease', () => {
    it('begins before the first position', async () => {
      expect(await storage().takeLease(lease('a'), ttlMs)).toEqual({ position: 0 });
    });

    it('is one owner’s until it ends, whoever asks and wherever', async () => {
      await storage().takeLease(lease('a'), ttlMs);
      expect(await (await secondStorage()).takeLease(lease('b'), ttlMs)).toBeUndefined();
      expect(await storage().takeLease(lease('b', 1), ttlMs)).toEqual({ position: 0 });
      expect(await storage().takeLease(lease('b', 0, 'another consumer'), ttlMs)).toEqual({ position: 0 });
    });

    it('is renewed by its owner', async () => {
      await storage().takeLease(lease('a'), 200);
      await storage().takeLease(lease('a'), ttlMs);
      await clock.advance(300);
      expect(await storage().takeLease(lease('b'), ttlMs)).toBeUndefined();
    });

    it('that ended goes to whoever asks first, with the cursor where it was', async () => {
      await storage().takeLease(lease('a'), 200);
      expect(await storage().moveCursor(lease('a'), { from: 0, to: 7 })).toBe(true);
      await clock.advance(300);
      expect(await (await secondStorage()).takeLease(lease('b'), ttlMs)).toEqual({ position: 7 });
      expect(await storage().takeLease(lease('a'), ttlMs)).toBeUndefined();
    });

    it('that is given back is free at once', async () => {
      await storage().takeLease(lease('a'), ttlMs);
      await storage().releaseLease(lease('b'));
      expect(await storage().takeLease(lease('b'), ttlMs)).toBeUndefined();
      await storage().releaseLease(lease('a'));
      expect(await storage().takeLease(lease('b'), ttlMs)).toEqual({ position: 0 });
    });

    it('is taken by one of many who ask at once', async () => {
      const asked = await Promise.all(
        Array.from({ length: 8 }, async (_, index) =>
          (index % 2 === 0 ? storage() : await secondStorage()).takeLease(lease(`owner ${index}`), ttlMs),
        ),
      );
      expect(asked.filter((granted) => granted !== undefined)).toHaveLength(1);
    });
  });

  describe('a cursor', () => {
    it('is not moved by an owner whose lease another one has taken', async () => {
      await storage().takeLease(lease('a'), 200);
      await clock.advance(300);
      await storage().takeLease(lease('b'), ttlMs);
      expect(await storage().moveCursor(lease('b'), { from: 0, to: 3 })).toBe(true);
      expect(await storage().moveCursor(lease('a'), { from: 0, to: 9 })).toBe(false);
      expect(await storage().moveCursor(lease('a'), { from: 3, to: 9 })).toBe(false);
      expect(await storage().takeLease(lease('b'), ttlMs)).toEqual({ position: 3 });
    });

    it('is moved from where it is, and from nowhere else', async () => {
      await storage().takeLease(lease('a'), ttlMs);
      expect(await storage().moveCursor(lease('a'), { from: 2, to: 5 })).toBe(false);
      expect(await storage().moveCursor(lease('a'), { from: 0, to: 5 })).toBe(true);
      expect(await storage().moveCursor(lease('a'), { from: 0, to: 6 })).toBe(false);
      expect(await storage().moveCursor(lease('nobody'), { from: 5, to: 6 })).toBe(false);
      expect(await storage().takeLease(lease('a'), ttlMs)).toEqual({ position: 5 });
    });
  });
}
