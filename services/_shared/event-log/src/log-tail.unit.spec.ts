import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogTail } from './log-tail.ts';
import type { LogRow } from './rows.ts';
import { aCause, anOrder } from './testing/index.ts';

const aRow = (position: number, partition = 0): LogRow => ({
  partition,
  position,
  streamId: anOrder(partition, position),
  version: 1,
  type: 'OrderCreated',
  data: {},
  emits: [],
  causeId: aCause(`${partition}/${position}`),
  causeIndex: 0,
  correlationId: 'request-1',
  recordedAt: 0,
});
const rows = (from: number, to: number, partition = 0) =>
  Array.from({ length: to - from + 1 }, (_, index) => aRow(from + index, partition));
const positions = (read: readonly LogRow[] | undefined) => read?.map((row) => row.position);

describe.each([{ soleWriter: true }, { soleWriter: false }])('the tail of a log (%j)', (options) => {
  it('knows nothing at first', () => {
    expect(createLogTail(2, options).read(0, 1, 10)).toBeUndefined();
  });

  it('gives the rows that were pushed, partition by partition, up to the limit', () => {
    const tail = createLogTail(2, options);
    tail.push([...rows(1, 3), ...rows(7, 8, 1), ...rows(4, 4)]);
    expect(positions(tail.read(0, 1, 10))).toEqual([1, 2, 3, 4]);
    expect(positions(tail.read(0, 2, 2))).toEqual([2, 3]);
    expect(positions(tail.read(1, 8, 10))).toEqual([8]);
  });

  it('does not reach back before its first row', () => {
    const tail = createLogTail(1, options);
    tail.push(rows(5, 6));
    expect(tail.read(0, 4, 10)).toBeUndefined();
    expect(positions(tail.read(0, 5, 10))).toEqual([5, 6]);
  });

  it('drops what it kept when positions are missing, and ignores rows that it has', () => {
    const tail = createLogTail(1, options);
    tail.push(rows(1, 2));
    tail.push(rows(5, 6));
    expect(tail.read(0, 2, 10)).toBeUndefined();
    tail.push(rows(3, 4));
    expect(tail.read(0, 3, 10)).toBeUndefined();
    expect(positions(tail.read(0, 5, 10))).toEqual([5, 6]);
    tail.push(rows(6, 7));
    expect(positions(tail.read(0, 5, 10))).toEqual([5, 6, 7]);
  });

  it('keeps at least the last 256 rows of a partition and at most twice as many', () => {
    const tail = createLogTail(1, options);
    for (let position = 1; position <= 10_000; position += 100) tail.push(rows(position, position + 99));
    expect(tail.read(0, 10_000 - 2 * 256, 1)).toBeUndefined();
    expect(positions(tail.read(0, 10_000 - 255, 2_000))).toHaveLength(256);
  });

  it('forgets everything when it is cleared, and begins anew', () => {
    const tail = createLogTail(1, options);
    tail.push(rows(1, 2));
    tail.clear();
    expect(tail.read(0, 1, 10)).toBeUndefined();
    tail.push(rows(9, 9));
    expect(positions(tail.read(0, 9, 10))).toEqual([9]);
  });

  it('gives what it was given: pushing more changes no answer', () => {
    const tail = createLogTail(1, options);
    tail.push(rows(1, 2));
    const read = tail.read(0, 1, 10);
    tail.push(rows(3, 3));
    tail.push(rows(8, 8));
    expect(positions(read)).toEqual([1, 2]);
  });
});

describe('the end of the tail', () => {
  it('is the end of the log for its sole writer', () => {
    const tail = createLogTail(1, { soleWriter: true });
    tail.push(rows(1, 2));
    expect(tail.read(0, 3, 10)).toEqual([]);
  });

  it('is where only the database can tell, when others write too', () => {
    const tail = createLogTail(1, { soleWriter: false });
    tail.push(rows(1, 2));
    expect(tail.read(0, 3, 10)).toBeUndefined();
  });
});

describe('whatever was pushed, in whichever order', () => {
  const pushes = fc.array(fc.record({ from: fc.integer({ min: 1, max: 40 }), count: fc.integer({ min: 1, max: 8 }) }), {
    maxLength: 12,
    size: 'max',
  });

  it('an answer is what the log holds from that position on, without a gap', () => {
    fc.assert(
      fc.property(pushes, fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 20 }), (all, from, limit) => {
        const tail = createLogTail(1, { soleWriter: false });
        for (const push of all) tail.push(rows(push.from, push.from + push.count - 1));
        const read = tail.read(0, from, limit);
        if (read === undefined) return;
        expect(read.length).toBeGreaterThan(0);
        expect(read.length).toBeLessThanOrEqual(limit);
        expect(positions(read)).toEqual(read.map((_, index) => from + index));
      }),
      { numRuns: 1_000 },
    );
  });
});
