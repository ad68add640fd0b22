import { expect, test } from 'vitest';
import { formatTable } from './table.ts';

const columns = [
  { title: 'name', align: 'left' },
  { title: 'n', align: 'right' },
] as const;

test('columns are as wide as their widest cell, and numbers stand on the right', () => {
  const table = formatTable(columns, [
    ['a', '1'],
    ['longer', '1,000'],
  ]);

  expect(table).toBe('  name        n\n  a           1\n  longer  1,000\n');
});

test('headings alone, missing cells and trailing blanks are fine', () => {
  expect(formatTable(columns, [])).toBe('  name  n\n');
  expect(formatTable(columns.toReversed(), [['1'], ['2', 'x']])).toBe('  n  name\n  1\n  2  x\n');
});
