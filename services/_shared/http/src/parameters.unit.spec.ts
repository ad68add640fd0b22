import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { cursorParameter, encodeCursor, flagParameter, integerParameter, orderIdParameter } from './parameters.ts';

describe('integerParameter', () => {
  const limit = integerParameter({ min: 1, max: 100, default: 50 });

  test('takes whole numbers in range and its default', () => {
    expect([undefined, '1', '100', '007'].map((text) => limit.parse(text))).toEqual([50, 1, 100, 7]);
  });

  test.each(['', '0', '101', '1.0', '1e2', '-1', '+1', ' 1', '0x1', '١', '99999999999999999'])('refuses %j', (text) => {
    expect(limit.safeParse(text).success).toBe(false);
  });
});

test('flagParameter takes true, false and nothing else', () => {
  const flag = flagParameter();

  expect([undefined, 'true', 'false'].map((text) => flag.parse(text))).toEqual([false, true, false]);
  expect(['', '1', 'TRUE', 'yes'].some((text) => flag.safeParse(text).success)).toBe(false);
});

describe('orderIdParameter', () => {
  test('takes a lower-case UUIDv7', () => {
    expect(orderIdParameter.parse('0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01')).toBe('0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01');
  });

  test.each([
    '',
    'x',
    '0196F3A2-7C11-7D34-9B1E-5A0C2F6D8E01',
    '0196f3a2-7c11-4d34-9b1e-5a0c2f6d8e01',
    `0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01\n`,
  ])('refuses %j', (text) => {
    expect(orderIdParameter.safeParse(text).success).toBe(false);
  });
});

describe('cursors', () => {
  const position = z.strictObject({ createdAt: z.string(), id: z.int() });
  const cursor = cursorParameter(position);

  test('a packed position is unpacked again', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 50 }), fc.integer(), (createdAt, id) => {
        expect(cursor.parse(encodeCursor({ createdAt, id }))).toEqual({ createdAt, id });
      }),
    );
  });

  test.each([
    '',
    '!',
    'e30',
    'bnVsbA',
    encodeCursor({ createdAt: 1, id: 1 }),
    encodeCursor({ createdAt: 'x', id: 1, more: 1 }),
    'A'.repeat(513),
  ])('refuses %j', (text) => {
    expect(cursor.safeParse(text).success).toBe(false);
  });
});
