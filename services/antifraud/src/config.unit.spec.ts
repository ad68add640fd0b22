import { expect, test } from 'vitest';
import { loadAntifraudConfig } from './config.ts';

const required = { AUTH: 'off', BUREAU_URL: 'https://bureau.test/v1/' };

test('needs a bureau', () => {
  expect(loadAntifraudConfig(required)).toMatchObject({
    port: 8082,
    antifraud: { providerUrl: 'https://bureau.test/v1', timeoutMs: 2_000, reviewTotalMinor: undefined },
  });
  expect(() => loadAntifraudConfig({ AUTH: 'off' })).toThrow('BUREAU_URL is not set');
});

test('sends large orders to review when it is told from where on', () => {
  expect(loadAntifraudConfig({ ...required, REVIEW_TOTAL_MINOR: '100000' }).antifraud.reviewTotalMinor).toBe(100_000);
});
