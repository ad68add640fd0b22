import { expect, test } from 'vitest';
import { loadShippingConfig } from './config.ts';

const required = { AUTH: 'off', CARRIER_URL: 'https://carrier.test', CARRIER_WEBHOOK_SECRET: '0123456789abcdef' };

test('needs a carrier, and the secret that its webhooks are signed with', () => {
  expect(loadShippingConfig(required)).toMatchObject({
    port: 8084,
    shipping: {
      providerUrl: 'https://carrier.test',
      timeoutMs: 2_000,
      unknownDeadlineMs: 900_000,
      webhookSecret: '0123456789abcdef',
    },
  });
  expect(() => loadShippingConfig({ AUTH: 'off' })).toThrow(
    /CARRIER_URL is not set.*CARRIER_WEBHOOK_SECRET is not set/,
  );
});
