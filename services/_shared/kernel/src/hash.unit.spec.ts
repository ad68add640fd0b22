import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, causeOf, sha256Hex } from './index.ts';

const parts = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.integer()), { maxLength: 4 });

describe('a cause that no message asked for', () => {
  it('is 16 bytes of lower-case hex', () => {
    fc.assert(fc.property(parts, (some) => /^[0-9a-f]{32}$/.test(causeOf(...some))));
  });

  it('is the same for the same parts and another one for others', () => {
    fc.assert(
      fc.property(parts, parts, (some, others) => {
        expect(causeOf(...some)).toBe(causeOf(...some));
        expect(causeOf(...some) === causeOf(...others)).toBe(JSON.stringify(some) === JSON.stringify(others));
      }),
    );
  });

  it.each([
    [
      ['a', 'bc'],
      ['ab', 'c'],
    ],
    [['a', ''], ['a']],
    [['1'], [1]],
    [['a","b'], ['a', 'b']],
    [['\ud800'], ['\ud801']],
  ])('frames its parts: %j is not %j', (some, others) => {
    expect(causeOf(...some)).not.toBe(causeOf(...others));
  });
});

describe('SHA-256', () => {
  it('is of the UTF-8 bytes, as lower-case hex', () => {
    // FIPS 180-2 appendix B.1, and two bytes of UTF-8 digested by coreutils.
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(sha256Hex('é')).toBe('4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c');
  });
});

describe('canonical JSON', () => {
  it('gives equal texts to equal values, whatever the order of their keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(withKeysReversed(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it('gives different texts to different values', () => {
    const other = (value: fc.JsonValue) => fc.oneof(fc.constant(structuredClone(value)), fc.jsonValue());
    const pairs = fc.jsonValue().chain((one) => fc.tuple(fc.constant(one), other(one)));
    fc.assert(
      fc.property(pairs, ([one, another]) => {
        // JSON has one zero where JavaScript has two.
        const asJson = [one, another].map((value) => JSON.parse(JSON.stringify(value)) as unknown);
        expect(canonicalJson(one) === canonicalJson(another)).toBe(isDeepStrictEqual(asJson[0], asJson[1]));
      }),
    );
  });

  it('is still JSON for the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('keeps the order of an array and leaves out what is undefined', () => {
    expect(canonicalJson({ b: [2, 1], a: undefined, A: { z: null, y: '\ud83d\ude00' } })).toBe(
      '{"A":{"y":"\ud83d\ude00","z":null},"b":[2,1]}',
    );
  });

  it('takes a key named __proto__ as a key', () => {
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1},"b":1}');
  });
});

function withKeysReversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withKeysReversed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, withKeysReversed(inner)]),
  );
}
