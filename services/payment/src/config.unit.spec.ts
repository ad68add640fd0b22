import { expect, test } from 'vitest';
import { loadPaymentConfig } from './config.ts';

const required = { AUTH: 'off', PSP_URL: 'https://psp.test', PSP_WEBHOOK_SECRET: '0123456789abcdef' };

test('needs a payment provider, and the secret that its webhooks are signed with', () => {
  expect(loadPaymentConfig(required)).toMatchObject({
    port: 8083,
    payment: {
      providerUrl: 'https://psp.test',
      timeoutMs: 2_000,
      unknownDeadlineMs: 900_000,
      webhookSecret: '0123456789abcdef',
    },
  });
  expect(() => loadPaymentConfig({ AUTH: 'off' })).toThrow(/PSP_URL is not set.*PSP_WEBHOOK_SECRET is not set/);
});

test('refuses a secret that is too short, and does not repeat it', () => {
  const load = () => loadPaymentConfig({ ...required, PSP_WEBHOOK_SECRET: 'hunter2' });

  expect(load).toThrow('PSP_WEBHOOK_SECRET is set (value hidden), expected a secret of at least 16 characters');
});
