import { describe, expect, it } from 'vitest';
import { findCardNumber } from './card-number.ts';

describe('card numbers', () => {
  it.each([
    '4111111111111111',
    '378282246310005',
    '30569309025904',
    '6011111111111117',
    '3530111333300000',
    '6200000000000005',
    '2223003122003222',
    'no 4111 1111 1111 1111 12',
  ])('%s is one', (text) => expect(findCardNumber(text)).toBe(true));
  it.each([
    '4111111111111112',
    '4006381333931',
    '1234567812345670',
    '41111111111111111111',
    '4111  1111  1111  1111',
    'tok_4242',
    '',
  ])('%s is none', (text) => expect(findCardNumber(text)).toBe(false));
});
