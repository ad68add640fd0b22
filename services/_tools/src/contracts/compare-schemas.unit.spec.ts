import type { JsonSchema } from '@checkout/contracts';
import { describe, expect, it } from 'vitest';
import { compareSchemas } from './compare-schemas.ts';

const text = { type: 'string' };
const whole = { type: 'integer' };
/** An object of fields, those with a `?` behind their name optional. */
const object = (fields: Readonly<Record<string, JsonSchema>>, more: JsonSchema = {}): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name.replace('?', ''), schema])),
  required: Object.keys(fields).filter((name) => !name.endsWith('?')),
  ...more,
});
const among = (...values: readonly string[]) => ({ type: 'string', enum: values });
const oldRefuses = 'the old release refuses what the new one may send';
const newRefuses = 'the new release refuses what the old one still sends';

describe('a change that passes', () => {
  const passing: readonly (readonly [string, JsonSchema, JsonSchema])[] = [
    ['no change', object({ a: text }), object({ a: text })],
    ['another order of fields', object({ a: text, b: whole }), object({ b: whole, a: text })],
    ['another order of values', among('x', 'y'), among('y', 'x')],
    [
      'a word to people',
      { ...text, description: 'old' },
      { ...text, description: 'new', title: 'New', examples: ['x'] },
    ],
    ['a new optional field', object({ a: text }), object({ a: text, 'b?': whole })],
    ['one with a default', object({ a: text }), object({ a: text, 'b?': { ...whole, default: 1 } })],
    ['one further in', object({ a: object({}) }), object({ a: object({ 'b?': text }) })],
    ['one in a list', { type: 'array', items: object({}) }, { type: 'array', items: object({ 'b?': text }) }],
    [
      'one in a table’s values',
      object({}, { additionalProperties: object({}) }),
      object({}, { additionalProperties: object({ 'b?': text }) }),
    ],
  ];

  it.each(passing)('%s', (_what, before, after) => {
    expect(compareSchemas(before, after, '').filter(({ breaks }) => breaks !== undefined)).toEqual([]);
  });

  it('is told all the same when it is seen on the wire', () => {
    expect(compareSchemas(object({}), object({ 'b?': text }), '/payload')).toEqual([
      { pointer: '/payload/properties/b', what: 'the optional field "b" was added' },
    ]);
  });
});

describe('a change that breaks', () => {
  /** What it does one way, what it does the other way round, and two schemas. */
  const breaking: readonly (readonly [string, string, string, JsonSchema, JsonSchema])[] = [
    ['a required field', 'was added', 'was removed', object({}), object({ a: text })],
    [
      'an optional field that becomes required',
      'became required',
      'became optional',
      object({ 'a?': text }),
      object({ a: text }),
    ],
    [
      'a type',
      'was "string" and is "integer"',
      'was "integer" and is "string"',
      object({ a: text }),
      object({ a: whole }),
    ],
    ['a wider number', 'is "number"', 'is "integer"', whole, { type: 'number' }],
    ['a value of a list of words', oldRefuses, newRefuses, among('x'), among('x', 'y')],
    ['a constant', 'const was "x"', 'const was "y"', { const: 'x' }, { const: 'y' }],
    ['a smallest number', newRefuses, oldRefuses, { ...whole, minimum: 0 }, { ...whole, minimum: 1 }],
    ['a smallest number where there was none', newRefuses, oldRefuses, whole, { ...whole, minimum: 1 }],
    ['a number that has to be larger', newRefuses, oldRefuses, { exclusiveMinimum: 0 }, { exclusiveMinimum: 1 }],
    ['a largest number', oldRefuses, newRefuses, { ...whole, maximum: 9 }, { ...whole, maximum: 10 }],
    ['a number that has to be smaller', oldRefuses, newRefuses, { exclusiveMaximum: 9 }, { exclusiveMaximum: 10 }],
    ['a shortest text', newRefuses, oldRefuses, { ...text, minLength: 1 }, { ...text, minLength: 2 }],
    ['a longest text', oldRefuses, newRefuses, { ...text, maxLength: 1 }, { ...text, maxLength: 2 }],
    ['a longest text where there was none', newRefuses, oldRefuses, text, { ...text, maxLength: 2 }],
    ['a shortest list', newRefuses, oldRefuses, { minItems: 0 }, { minItems: 1 }],
    ['a longest list', oldRefuses, newRefuses, { maxItems: 1 }, { maxItems: 2 }],
    ['a pattern', newRefuses, oldRefuses, text, { ...text, pattern: '^a' }],
    ['another pattern', newRefuses, newRefuses, { ...text, pattern: '^b' }, { ...text, pattern: '^a' }],
    ['a format', newRefuses, oldRefuses, text, { ...text, format: 'uuid' }],
    ['a closed object', newRefuses, oldRefuses, object({}), object({}, { additionalProperties: false })],
    ['a default', 'another to the new', 'another to the new', { ...whole, default: 1 }, { ...whole, default: 2 }],
    ['a default where there was none', 'another to the new', 'another to the new', whole, { ...whole, default: 2 }],
    ['a choice', newRefuses, newRefuses, { anyOf: [text] }, { anyOf: [text, whole] }],
    [
      'an optional field in one branch of a choice',
      newRefuses,
      newRefuses,
      { anyOf: [object({ a: text })] },
      { anyOf: [object({ a: text, 'b?': text })] },
    ],
    ['a keyword that nobody knows', newRefuses, oldRefuses, {}, { 'of a later draft': true }],
  ];

  it.each(breaking)('%s', (_what, forth, back, before, after) => {
    const say = (changes: ReturnType<typeof compareSchemas>) => {
      const [first, ...others] = changes.filter(({ breaks }) => breaks !== undefined);
      expect(others).toEqual([]);
      return `${first?.what}: ${first?.breaks}`;
    };
    expect(say(compareSchemas(before, after, ''))).toContain(forth);
    expect(say(compareSchemas(after, before, ''))).toContain(back);
  });

  it.each([
    ['an optional field that is gone: its data are lost', object({ 'a?': text }), object({})],
    [
      'an optional field where unknown ones are refused',
      object({}, { additionalProperties: false }),
      object({ 'a?': text }, { additionalProperties: false }),
    ],
    [
      'an optional field that a table’s rule read',
      object({}, { additionalProperties: whole }),
      object({ 'a?': text }, { additionalProperties: whole }),
    ],
    [
      'an optional field that a rule for names read',
      object({}, { patternProperties: {} }),
      object({ 'a?': text }, { patternProperties: {} }),
    ],
  ])('%s', (_what, before, after) => {
    expect(compareSchemas(before, after, '').map(({ breaks }) => breaks)).toEqual([expect.any(String)]);
  });

  it('is found at any depth, and its pointer leads there', () => {
    const deep = (schema: JsonSchema) => object({ 'a/b': { type: 'array', items: object({ c: schema }) } });
    expect(compareSchemas(deep({ ...whole, maximum: 9 }), deep({ ...whole, maximum: 8 }), '/payload')).toEqual([
      {
        pointer: '/payload/properties/a~1b/items/properties/c/maximum',
        what: 'maximum was 9 and is 8',
        breaks: newRefuses,
      },
    ]);
  });

  it('does not hide another', () => {
    const changes = compareSchemas(object({ a: text, b: text }), object({ a: whole, c: text }), '');
    expect(changes.map(({ pointer }) => pointer)).toEqual(['/properties/a/type', '/properties/b', '/properties/c']);
  });
});
