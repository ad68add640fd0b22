import { ConfigError } from '@checkout/runtime';
import { describe, expect, test } from 'vitest';
import { loadLocalConfig } from './config.ts';

describe('the configuration of the local platform', () => {
  test('needs nothing', () => {
    expect(loadLocalConfig({})).toEqual({
      host: '127.0.0.1',
      port: 8080,
      dataDir: '.data',
      shutdownMs: 5_000,
      logLevel: 'warn',
      auth: { kind: 'off' },
      telemetry: { mode: 'off' },
      policy: { retryBaseMs: 1_000, retryCapMs: 60_000, stepTries: 12, undoTries: 6, reviewDeadlineMs: 86_400_000 },
      providerTimeoutMs: 2_000,
      unknownDeadlineMs: 20_000,
      reviewTotalMinor: undefined,
      deliveryMs: 500,
    });
  });

  test('names every fault at once', () => {
    const given = { PORT: '-1', AUTH: 'basic', STORE: 'mysql', STEP_TRIES: '0', SANDBOX_DELIVERY_MS: '1.5' };
    let faults: readonly { readonly variable: string }[] = [];
    try {
      loadLocalConfig(given);
    } catch (error) {
      if (error instanceof ConfigError) faults = error.faults;
    }

    expect(faults.map(({ variable }) => variable).toSorted()).toEqual(Object.keys(given).toSorted());
  });

  test('trusts its own sandbox when nobody else is named', () => {
    expect(loadLocalConfig({ AUTH: 'jwt', PORT: '9000' }).auth).toEqual({
      kind: 'jwt',
      issuer: 'checkout-sandbox',
      audience: 'checkout',
      jwksUrl: 'http://127.0.0.1:9000/sandbox/.well-known/jwks.json',
    });
    expect(() => loadLocalConfig({ AUTH: 'jwt', JWT_ISSUER: 'https://issuer.test' })).toThrow(
      /JWT_AUDIENCE is not set.*JWT_JWKS_URL is not set/,
    );
  });

  test('takes no provider from the environment: the sandbox is its own', () => {
    expect(loadLocalConfig({ PSP_URL: 'https://psp.test' })).not.toHaveProperty('pspUrl');
  });
});
