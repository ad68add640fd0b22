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
    });
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
      { variable: 'AUTH', given: 'not set', expected: expect.stringContaining('off (everybody may do everything') },
    ]);
    expect(faultsOf({ AUTH: 'jwt' })).toMatchObject([{ variable: 'AUTH', given: '"jwt"' }]);
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
