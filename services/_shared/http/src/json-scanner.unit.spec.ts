import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pointerToken, scanJson } from './json-scanner.ts';

const maxCommas = 5_000;
const limits = { maxDepth: 20, maxCommas };

/** A JSON document before it is text: objects as lists, so that a key may come twice. */
type Node = { readonly kind: 'leaf'; readonly text: string } | ListNode | ObjectNode;
type ListNode = { readonly kind: 'list'; readonly items: readonly Node[] };
type ObjectNode = { readonly kind: 'object'; readonly entries: readonly (readonly [string, Node])[] };

const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5 },
    fc.record({ kind: fc.constant('leaf' as const), text: fc.json({ maxDepth: 0 }) }),
    fc.record({ kind: fc.constant('list' as const), items: fc.array(tie('node'), { maxLength: 4 }) }),
    fc.record({
      kind: fc.constant('object' as const),
      entries: fc.array(fc.tuple(fc.constantFrom('a', 'b', '"', '\\', 'é', '__proto__', '{', ','), tie('node')), {
        maxLength: 4,
      }),
    }),
  ),
}));

/** Writes the document with odd white space, and keys plainly or with every character escaped. */
function write(tree: Node, space: string, escapes: boolean): string {
  const key = (text: string) =>
    escapes
      ? `"${text
          .split('')
          .map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
          .join('')}"`
      : JSON.stringify(text);
  switch (tree.kind) {
    case 'leaf':
      return space + tree.text + space;
    case 'list':
      return `[${tree.items.map((item) => write(item, space, escapes)).join(',')}${space}]`;
    default:
      return `{${space}${tree.entries.map(([name, value]) => `${key(name)}${space}:${write(value, space, escapes)}`).join(`,${space}`)}}`;
  }
}

/** The first violation in document order, by walking the tree: what the scanner must find in the text. */
function violationOf(tree: Node, maxDepth: number, pointer = ''): { kind: string; pointer: string } | undefined {
  if (tree.kind === 'leaf') return undefined;
  if (maxDepth === 0) return { kind: 'too-deep', pointer };
  if (tree.kind === 'list') {
    return firstOf(tree.items, (item, index) => violationOf(item, maxDepth - 1, `${pointer}/${index}`));
  }
  return firstOf(tree.entries, ([key, value], index) => {
    const here = pointer + pointerToken(key);
    if (tree.entries.slice(0, index).some(([earlier]) => earlier === key))
      return { kind: 'duplicate-key', pointer: here };
    if (key === '__proto__') return { kind: 'proto-key', pointer: here };
    return violationOf(value, maxDepth - 1, here);
  });
}

function firstOf<Item, Found>(
  items: readonly Item[],
  find: (item: Item, index: number) => Found | undefined,
): Found | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe('scanJson', () => {
  test('finds the same first violation as a walk over the parsed document', () => {
    fc.assert(
      fc.property(
        node,
        fc.constantFrom('', ' ', '\n\t'),
        fc.boolean(),
        fc.integer({ min: 0, max: 6 }),
        (tree, space, escapes, maxDepth) => {
          const expected = violationOf(tree, maxDepth);

          expect(scanJson(write(tree, space, escapes), { maxDepth, maxCommas })).toEqual(
            expected === undefined ? { kind: 'accepted' } : { kind: 'violated', violation: expected },
          );
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('accepts whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        const text = JSON.stringify(value);
        // A generated key may be __proto__, which is refused on purpose.
        fc.pre(!text.includes('__proto__'));

        expect(scanJson(text, limits)).toEqual({ kind: 'accepted' });
      }),
    );
  });

  test('never throws and never calls a text violated that JSON.parse refuses', () => {
    const fragments = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      '\\',
      ',',
      ':',
      '"a"',
      '"a":1',
      ' ',
      '1',
      'null',
      '\\u00',
      '__proto__',
    );
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 40, size: 'max' }), (parts) => {
        const text = parts.join('');
        const { kind } = scanJson(text, { maxDepth: 3, maxCommas });

        if (kind === 'violated') expect(() => JSON.parse(text)).not.toThrow();
        if (kind === 'malformed') expect(() => JSON.parse(text)).toThrow();
      }),
      { numRuns: 2_000 },
    );
  });

  test('a key that is spelled with escapes is the same key', () => {
    expect(scanJson(String.raw`{"a":1,"\u0061":2}`, limits)).toEqual({
      kind: 'violated',
      violation: { kind: 'duplicate-key', pointer: '/a' },
    });
  });

  test('the same key in different objects is no duplicate', () => {
    expect(scanJson('{"a":{"a":1},"b":[{"a":1},{"a":1}]}', limits)).toEqual({ kind: 'accepted' });
  });

  test('counts the levels that are open, not all that there are', () => {
    expect(scanJson(`[${'[],'.repeat(100)}[]]`, { maxDepth: 2, maxCommas })).toEqual({ kind: 'accepted' });
    expect(scanJson('[[[]]]', { maxDepth: 2, maxCommas })).toEqual({
      kind: 'violated',
      violation: { kind: 'too-deep', pointer: '/0/0' },
    });
  });

  test('counts the commas between values, not those in strings', () => {
    const few = { maxDepth: 20, maxCommas: 2 };
    expect(scanJson('[{"a":",,,,"},{"b":[]},1]', few)).toEqual({ kind: 'accepted' });
    expect(scanJson('{"a":[1,2],"b":[1,2]}', few)).toEqual({
      kind: 'violated',
      violation: { kind: 'too-many-values', pointer: '/b/0' },
    });
    expect(scanJson('[,,,]', few)).toEqual({ kind: 'malformed' });
  });

  test('is done with the worst of 128 KB in no time', () => {
    for (const worst of [
      '['.repeat(131_072),
      '"'.repeat(131_072),
      `"${'\\'.repeat(131_070)}"`,
      `{${'"a":'.repeat(32_000)}`,
    ]) {
      expect(scanJson(worst, limits).kind).not.toBe('violated');
    }
  });
});

test('a pointer escapes what would end its token', () => {
  expect(pointerToken('a/b~c')).toBe('/a~1b~0c');
});
