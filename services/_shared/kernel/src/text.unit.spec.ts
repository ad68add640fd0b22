import { expect, test } from 'vitest';
import { textFault } from './text.ts';

test.each([
  ['', 'blank'],
  [' \t', 'blank'],
  ['abcd', 'too-long'],
  ['a\ud800', 'malformed-unicode'],
  ['a\0', 'control-character'],
  ['a\u0085', 'control-character'],
  [' a', 'surrounding-space'],
  ['abc', undefined],
  ['a\u202e', undefined],
])('a text of at most 3 characters: %j', (text, code) => {
  expect(textFault(text, 3)?.code).toBe(code);
});
