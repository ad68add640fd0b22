import { expect, test } from 'vitest';
import { parseInstant, toInstant } from './instant.ts';

test.each([
  ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z'],
  ['2024-02-29T23:59:59.9+01:00', '2024-02-29T22:59:59.900Z'],
  ['2026-01-01T00:00:00-23:59', '2026-01-01T23:59:00.000Z'],
])('takes %s', (text, instant) => {
  const unixMs = parseInstant(text);
  expect(unixMs === undefined ? undefined : toInstant(unixMs)).toBe(instant);
});

test.each([
  '2026-02-29T00:00:00Z',
  '2026-04-31T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T00:00:00',
  '2026-01-01',
])('refuses %s', (text) => expect(parseInstant(text)).toBeUndefined());
