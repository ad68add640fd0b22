import type { MessageDescription } from '@checkout/contracts';
import { describe, expect, it } from 'vitest';
import { judgeContracts } from './judge-contracts.ts';
import { reportOn } from './report.ts';

const open = { type: 'object', properties: {} };
const shipped: MessageDescription = {
  type: 'checkout.order.v1.OrderShipped',
  producer: 'order',
  topic: 'checkout.order.events',
  key: 'ce_subject',
  readSince: 1,
  writtenSince: 1,
  headers: open,
  payload: open,
};
const judgeChange = (change: object) => judgeContracts([shipped], [{ ...shipped, ...change }], 1)[0];

describe('a message type', () => {
  it('that is as it was published passes', () => {
    expect(judgeChange({})).toMatchObject({ verdict: 'same', changes: [] });
  });

  it('that gained an optional field passes, and its file is out of date', () => {
    const payload = { ...open, properties: { carrier: { type: 'string' } } };
    expect(judgeChange({ payload })).toMatchObject({ verdict: 'extended' });
  });

  it.each([
    ['a producer', '/producer', { producer: 'shipping' }],
    ['a topic', '/topic', { topic: 'checkout.order.commands' }],
    ['a key', '/key', { key: 'ce_correlationid' }],
    ['a header', '/headers/properties/ce_type', { headers: { ...open, required: ['ce_type'] } }],
    ['a payload', '/payload/type', { payload: { type: 'array' } }],
  ])('that has another %s is refused', (_what, pointer, change) => {
    expect(judgeChange(change)).toMatchObject({ verdict: 'refused', changes: [{ pointer }] });
  });

  it('that is gone is refused', () => {
    expect(judgeContracts([shipped], [], 1)).toMatchObject([
      { type: shipped.type, verdict: 'refused', changes: [{ what: 'the type was removed' }] },
    ]);
  });

  it('that is new needs a file', () => {
    expect(judgeContracts([], [shipped], 1)).toMatchObject([{ verdict: 'new' }]);
  });
});

describe('readers first', () => {
  const judgeNew = (readSince: number, writtenSince: number) =>
    judgeContracts([], [{ ...shipped, readSince, writtenSince }], 4)[0];

  it('lets a type in that a later release is the first to send', () => {
    expect(judgeNew(4, 5)).toMatchObject({ verdict: 'new' });
  });

  it.each([
    [4, 4],
    [4, 3],
  ])('refuses one that is read since %i and written since %i', (readSince, writtenSince) => {
    expect(judgeNew(readSince, writtenSince)).toMatchObject({
      verdict: 'refused',
      changes: [{ pointer: '/writtenSince' }],
    });
  });

  it.each([1, 3, 5])('refuses one that says it came with release %i, and comes with 4', (readSince) => {
    expect(judgeNew(readSince, 9)).toMatchObject({ verdict: 'refused', changes: [{ pointer: '/readSince' }] });
  });

  it('keeps what was said, and lets the first sending be put off', () => {
    const published = { ...shipped, readSince: 4, writtenSince: 5 };
    const judgeAgain = (change: object) => judgeContracts([published], [{ ...published, ...change }], 5)[0];
    expect(judgeAgain({ readSince: 3 })).toMatchObject({ verdict: 'refused', changes: [{ pointer: '/readSince' }] });
    expect(judgeAgain({ writtenSince: 4 })).toMatchObject({ verdict: 'refused' });
    expect(judgeAgain({ writtenSince: 6 })).toMatchObject({ verdict: 'extended' });
  });
});

describe('the report', () => {
  it('is empty when nothing differs', () => {
    expect(reportOn(judgeContracts([shipped], [shipped], 1))).toEqual([]);
  });

  it('says the type, the place, what changed, whom it breaks and what to do', () => {
    const payload = { ...open, properties: { carrier: { type: 'string' } }, required: ['carrier'] };
    const report = reportOn(judgeContracts([shipped], [{ ...shipped, payload }], 1)).join('\n');
    expect(report).toMatch(/^checkout\.order\.v1\.OrderShipped would no longer be read/);
    expect(report).toContain(
      '/payload/properties/carrier: the required field "carrier" was added: what the old release',
    );
    expect(report).toMatch(/Leave the type as it is, and add a new one.*Readers first/s);
  });

  it('names the command that writes the file of a new type', () => {
    expect(reportOn(judgeContracts([], [shipped], 1)).join('\n')).toContain('run: npm run contracts -- --write');
  });
});
