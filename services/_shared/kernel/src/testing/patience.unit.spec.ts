import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { isAtOnce } from './patience.ts';

test('only what waits for nothing is at once, however it ends', async () => {
  expect(await isAtOnce(() => Promise.resolve(1))).toBe(true);
  expect(await isAtOnce(() => Promise.reject(new Error('no')))).toBe(true);
  expect(await isAtOnce(async () => Promise.resolve())).toBe(true);
  expect(await isAtOnce(() => setTimeout(1))).toBe(false);
  expect(await isAtOnce(() => readFile(import.meta.filename))).toBe(false);
});
