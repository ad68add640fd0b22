import { expect, test } from 'vitest';
import { loadSandboxConfig } from './config.ts';

test('keeps its ledger in the data directory and tells nobody by default', () => {
  expect(loadSandboxConfig({ AUTH: 'off', DATA_DIR: '/data' })).toMatchObject({
    host: '127.0.0.1',
    port: 8085,
    sandbox: { ledgerFile: '/data/sandbox.db', deliveryMs: 500, webhooks: {} },
  });
});

test('a receiver of webhooks needs a secret, and every missing one is named', () => {
  const urls = { PSP_WEBHOOK_URL: 'http://shop.test/psp', CARRIER_WEBHOOK_URL: 'http://shop.test/carrier' };

  expect(() => loadSandboxConfig({ AUTH: 'off', ...urls })).toThrow(
    'PSP_WEBHOOK_SECRET is not set, expected a secret, because PSP_WEBHOOK_URL is set; CARRIER_WEBHOOK_SECRET is not set',
  );
  expect(
    loadSandboxConfig({
      AUTH: 'off',
      ...urls,
      PSP_WEBHOOK_SECRET: 's'.repeat(16),
      CARRIER_WEBHOOK_SECRET: 't'.repeat(16),
    }).sandbox.webhooks,
  ).toEqual({
    psp: { url: 'http://shop.test/psp', secret: 's'.repeat(16) },
    carrier: { url: 'http://shop.test/carrier', secret: 't'.repeat(16) },
  });
});

test('a missing secret is named together with everything else', () => {
  const environment = { AUTH: 'off', PORT: 'x', PSP_WEBHOOK_URL: 'http://shop.test/psp' };

  expect(() => loadSandboxConfig(environment)).toThrow(/PORT is "x".*; PSP_WEBHOOK_SECRET is not set/);
});
