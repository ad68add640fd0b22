import type { MessageId } from '@checkout/kernel';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { causeOfMessage, formatMessageId, type MessagePlace, services } from './index.ts';

const places: fc.Arbitrary<MessagePlace> = fc.record({
  service: fc.constantFrom(...services),
  epoch: fc.nat({ max: 2 ** 16 - 1 }),
  partition: fc.nat({ max: 2 ** 16 - 1 }),
  position: fc.maxSafeNat(),
  index: fc.nat({ max: 2 ** 24 - 1 }),
});
const fields = ['service', 'epoch', 'partition', 'position', 'index'] as const;

/** A place and another that differs from it in some of its fields, perhaps in none. */
const neighbours = fc
  .tuple(places, places, fc.subarray([...fields]))
  .map(([one, other, moved]) => [one, { ...one, ...Object.fromEntries(moved.map((field) => [field, other[field]])) }]);

describe('a message id', () => {
  it('reads as the place of the message in its producer’s log', () => {
    expect(formatMessageId({ service: 'payment', epoch: 0, partition: 15, position: 42, index: 1 })).toBe(
      'payment/0/15/42/1',
    );
  });
});

describe('the cause that a message is', () => {
  it('packs service, epoch, partition, index and position into 16 bytes', () => {
    expect(causeOfMessage('shipping/258/3/1099511627777/66051' as MessageId)).toBe('05010200030102030000010000000001');
  });

  it('fits 16 bytes at the largest numbers', () => {
    const largest = formatMessageId({
      service: 'shipping',
      epoch: 65_535,
      partition: 65_535,
      position: Number.MAX_SAFE_INTEGER,
      index: 16_777_215,
    });
    expect(causeOfMessage(largest)).toBe('05ffffffffffffff001fffffffffffff');
  });

  it('is the same for the same place and another one for any other place', () => {
    fc.assert(
      fc.property(neighbours, ([one, other]) => {
        const [id, otherId] = [formatMessageId(one as MessagePlace), formatMessageId(other as MessagePlace)];
        expect(causeOfMessage(id)).toMatch(/^[0-9a-f]{32}$/);
        expect(causeOfMessage(id) === causeOfMessage(otherId)).toBe(id === otherId);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    '',
    'order',
    'order/0/1/2',
    'order/0/1/2/3/4',
    'order/0/1/2/3/',
    '/0/1/2/3',
    'orders/0/1/2/3',
    'ORDER/0/1/2/3',
    'toString/0/1/2/3',
    'sandbox/0/1/2/3',
    'order/0/1/2/-1',
    'order/0/1/2/1.5',
    'order/0/1/2/1e3',
    'order/0/1/2/0x1',
    'order/0/1/2/03',
    'order/0/1/ 2/3',
    'order/0/1/2/3\n',
    'order/0/1//3',
    'order/0/1/NaN/3',
    'order/0/1/Infinity/3',
    'order/0/1/٣/3',
    'order/65536/1/2/3',
    'order/0/65536/2/3',
    'order/0/1/9007199254740992/3',
    'order/0/1/2/16777216',
  ])('is refused for %j', (text) => {
    expect(() => causeOfMessage(text as MessageId)).toThrow('not a message id');
  });

  it('is refused for any text that is no id, so that no garbage passes for a message', () => {
    const almost = fc.tuple(places.map(formatMessageId), fc.nat(40), fc.string({ maxLength: 2 }));
    fc.assert(
      fc.property(almost, ([id, at, noise]) => {
        const text = (id.slice(0, at) + noise + id.slice(at + 1)) as MessageId;
        const accepted = isAccepted(text);
        const [service, ...numbers] = text.split('/');
        const isId =
          services.some((known) => known === service) &&
          numbers.length === 4 &&
          numbers.every((number) => /^(0|[1-9]\d*)$/.test(number));
        if (accepted) expect(isId).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});

function isAccepted(text: MessageId): boolean {
  try {
    return causeOfMessage(text) !== '';
  } catch {
    return false;
  }
}
