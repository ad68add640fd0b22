import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, loadConfig } from './config.ts';
import { serviceConfigOf, serviceVariables, togetherVariables } from './service-variables.ts';

const alone = z.object(serviceVariables({ port: 8081 }));

function faultsOf(environment: Record<string, string>) {
  try {
    loadConfig(alone, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('the variables of every program', () => {
  test('have defaults, but for AUTH', () => {
    expect(serviceConfigOf(loadConfig(alone, { AUTH: 'off' }))).toEqual({
      host: '127.0.0.1',
      port: 8081,
      dataDir: '.data',
      shutdownMs: 20_000,
      logLevel: 'info',
      auth: { kind: 'off' },
      telemetry: { mode: 'off' },
    });
  });

  test('name one telemetry, or none', () => {
    expect(serviceConfigOf(loadConfig(alone, { AUTH: 'off', TELEMETRY: 'datadog', DD_SERVICE: 'shop' }))).toMatchObject(
      {
        telemetry: { mode: 'datadog', datadogService: 'shop' },
      },
    );
    expect(faultsOf({ AUTH: 'off', TELEMETRY: 'jaeger' })).toEqual([
      { variable: 'TELEMETRY', given: '"jaeger"', expected: 'one of off, otel, datadog' },
    ]);
  });

  test('take their defaults from the program', () => {
    const local = z.object(serviceVariables({ port: 8080, auth: 'off', shutdownMs: 5_000, logLevel: 'warn' }));

    expect(serviceConfigOf(loadConfig(local, {}))).toMatchObject({ port: 8080, shutdownMs: 5_000, logLevel: 'warn' });
  });

  test('bound nobody unless a rate is given', () => {
    expect(serviceConfigOf(loadConfig(alone, { AUTH: 'off', RATE_LIMIT_PER_S: '50' }))).toMatchObject({
      rateLimitPerS: 50,
    });
    expect(serviceConfigOf(loadConfig(alone, { AUTH: 'off' })).rateLimitPerS).toBeUndefined();
    expect(faultsOf({ AUTH: 'off', RATE_LIMIT_PER_S: '0' })).toMatchObject([{ variable: 'RATE_LIMIT_PER_S' }]);
  });

  test('refuse to run without protection unless somebody says so', () => {
    expect(faultsOf({})).toEqual([
      {
        variable: 'AUTH',
        given: 'not set',
        expected: 'jwt, or off (everybody may do everything, so it has to be said)',
      },
    ]);
    expect(faultsOf({ AUTH: 'none' })).toMatchObject([{ variable: 'AUTH', given: '"none"' }]);
  });

  test('name everything that AUTH=jwt lacks, beside what is wrong by itself', () => {
    expect(faultsOf({ AUTH: 'jwt', PORT: 'x', JWT_JWKS_URL: 'ftp://issuer.test' })).toMatchObject([
      { variable: 'PORT' },
      { variable: 'JWT_JWKS_URL', given: '"ftp://issuer.test"' },
      { variable: 'JWT_ISSUER', given: 'not set', expected: 'who issues the tokens, because AUTH is jwt' },
      { variable: 'JWT_AUDIENCE', given: 'not set' },
    ]);
  });

  test('say whom to trust', () => {
    const trust = { issuer: 'https://issuer.test/', audience: 'checkout', jwksUrl: 'https://issuer.test/keys' };
    const named = { JWT_ISSUER: trust.issuer, JWT_AUDIENCE: trust.audience, JWT_JWKS_URL: trust.jwksUrl };

    expect(serviceConfigOf(loadConfig(alone, { AUTH: 'jwt', ...named })).auth).toEqual({ kind: 'jwt', ...trust });
    expect(serviceConfigOf(loadConfig(alone, { AUTH: 'off', ...named })).auth).toEqual({ kind: 'off' });
  });

  test('name a whole issuer or none where there is one to fall back on', () => {
    const local = z.object(serviceVariables({ port: 8080, auth: 'off', hasIssuer: true }));
    const own = { issuer: 'own', audience: 'checkout', jwksUrl: 'http://127.0.0.1/keys' };

    expect(serviceConfigOf(loadConfig(local, { AUTH: 'jwt' }), own).auth).toEqual({ kind: 'jwt', ...own });
    expect(() => loadConfig(local, { AUTH: 'jwt', JWT_ISSUER: 'https://issuer.test' })).toThrow(
      /JWT_AUDIENCE is not set, .*because an issuer is named; JWT_JWKS_URL is not set/,
    );
  });

  test('do not take one port for two things', () => {
    const opsPort = { variable: 'OPS_PORT', expected: 'another port than PORT' };

    expect(faultsOf({ AUTH: 'off', OPS_PORT: '8081' })).toMatchObject([opsPort]);
    expect(faultsOf({ AUTH: 'off', PORT: '9000', OPS_PORT: '9000' })).toMatchObject([opsPort]);
    expect(serviceConfigOf(loadConfig(alone, { AUTH: 'off', PORT: '0', OPS_PORT: '0' }))).toMatchObject({ opsPort: 0 });
    expect(serviceConfigOf(loadConfig(alone, { AUTH: 'off', OPS_PORT: '9000' }))).toMatchObject({ opsPort: 9000 });
  });

  test('of several services in one process allow one bus and one store', () => {
    let faults: unknown;
    try {
      loadConfig(z.object(togetherVariables), { BUS: 'kafka', STORE: 'mysql' });
    } catch (error) {
      if (error instanceof ConfigError) ({ faults } = error);
    }
    expect(faults).toEqual([
      { variable: 'BUS', given: '"kafka"', expected: expect.stringMatching(/^embedded \(/) },
      { variable: 'STORE', given: '"mysql"', expected: expect.stringMatching(/^sqlite \(/) },
    ]);
  });
});
