import { expect, test } from 'vitest';
import { loadOrderConfig } from './config.ts';

test('needs only to be told that nobody is asked who they are', () => {
  expect(loadOrderConfig({ AUTH: 'off' })).toEqual({
    host: '127.0.0.1',
    port: 8080,
    dataDir: '.data',
    shutdownMs: 20_000,
    logLevel: 'info',
    auth: { kind: 'off' },
    telemetry: { mode: 'off' },
    connection: {
      store: { kind: 'sqlite' },
      bus: { kind: 'embedded' },
      partitions: 16,
      busPrefix: '',
      startWithinMs: 900_000,
    },
  });
  expect(loadOrderConfig({ AUTH: 'off', REDIS_URL: 'redis://redis.test' }).redis).toEqual({
    url: 'redis://redis.test',
  });
  expect(() => loadOrderConfig({})).toThrow('AUTH is not set');
});
