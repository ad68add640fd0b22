import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOrderId, type OrderId, partitionOf, toOrderId, uuidV7, withTail } from './index.ts';

const ids = fc
  .tuple(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.uint8Array({ minLength: 10, maxLength: 10 }))
  .map(([unixMs, random]) => ({ unixMs, random, uuid: uuidV7(unixMs, random) }));
const tails = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((tail) => tail.toString(16).padStart(8, '0'));

const anOrderId = '019b7695-8c00-7123-8456-0000000000ff' as OrderId;

describe('a UUIDv7', () => {
  it('is laid out as RFC 9562 shows in its example', () => {
    // RFC 9562, appendix A.6: unix_ts_ms 0x017F22E279B0, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
    const random = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
    expect(uuidV7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  });

  it('carries its milliseconds in the first 48 bits, so that text order is time order', () => {
    fc.assert(
      fc.property(ids, ids, (one, other) => {
        expect(Number.parseInt(one.uuid.replaceAll('-', '').slice(0, 12), 16)).toBe(one.unixMs);
        if (one.unixMs < other.unixMs) expect(one.uuid < other.uuid).toBe(true);
      }),
    );
  });

  it('is always an order id, whatever the random bytes', () => {
    fc.assert(fc.property(ids, ({ uuid }) => isOrderId(uuid) && toOrderId(uuid) === uuid));
  });

  it('keeps 74 of its 80 random bits: two that differ there are two ids', () => {
    fc.assert(
      fc.property(ids, fc.integer({ min: 0, max: 79 }), ({ unixMs, random, uuid }, bit) => {
        // The four bits of the version and the two of the variant are not random.
        fc.pre(![0, 1, 2, 3, 16, 17].includes(bit));
        const flipped = Uint8Array.from(random);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
        expect(uuidV7(unixMs, flipped)).not.toBe(uuid);
      }),
    );
  });
});

describe('an order id', () => {
  it.each([
    ['upper case', anOrderId.toUpperCase()],
    ['version 4', '019b7695-8c00-4123-8456-0000000000ff'],
    ['the wrong variant', '019b7695-8c00-7123-c456-0000000000ff'],
    ['no dashes', anOrderId.replaceAll('-', '')],
    ['a line break after it', `${anOrderId}\n`],
    ['a blank before it', ` ${anOrderId}`],
    ['nothing', ''],
  ])('is refused with %s', (_what, text) => {
    expect(isOrderId(text)).toBe(false);
    expect(() => toOrderId(text)).toThrow('not an order id');
  });
});

describe('the partition of an order', () => {
  it.each([
    ['00000000', 0],
    ['0000000f', 15],
    ['00000010', 0],
    ['ffffffff', 15],
    ['80000001', 1],
  ])('with tail %s is %i of 16: the tail is unsigned and big-endian', (tail, partition) => {
    expect(partitionOf(withTail(anOrderId, tail), 16)).toBe(partition);
  });

  it('is chosen by the tail alone', () => {
    fc.assert(
      fc.property(ids, ids, tails, fc.integer({ min: 1, max: 256 }), (one, other, tail, partitions) => {
        const partition = partitionOf(withTail(one.uuid, tail), partitions);
        expect(partition).toBe(Number.parseInt(tail, 16) % partitions);
        expect(partitionOf(withTail(other.uuid, tail), partitions)).toBe(partition);
      }),
    );
  });

  it('spreads random orders evenly', () => {
    const random = Array.from({ length: 16_000 }, (_, index) => uuidV7(index, pseudoRandomBytes(index)));
    const counts = new Map<number, number>();
    for (const uuid of random) {
      const partition = partitionOf(toOrderId(uuid), 16);
      counts.set(partition, (counts.get(partition) ?? 0) + 1);
    }
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(200);
  });
});

describe('a tail', () => {
  it('changes the last four bytes and nothing else', () => {
    fc.assert(
      fc.property(ids, tails, ({ uuid }, tail) => {
        const id = withTail(uuid, tail);
        expect(id.slice(0, 28)).toBe(uuid.slice(0, 28));
        expect(id.slice(28)).toBe(tail);
      }),
    );
  });

  it.each(['', 'abc', '123456789', 'ABCDEF01', 'ghijklmn'])('%j is refused', (tail) => {
    expect(() => withTail(anOrderId, tail)).toThrow('not an order id');
  });
});

/** Bytes that look random and are the same in every run. */
function pseudoRandomBytes(seed: number): Uint8Array {
  let state = seed + 1;
  return Uint8Array.from({ length: 10 }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return (state >>> 13) & 0xff;
  });
}
