import { type AddressInfo, connect } from 'node:net';
import process from 'node:process';
import { createServer } from 'node:tls';
import { createMetrics, createSystemClock } from '@checkout/runtime';
import { createRecordingLogger, createTestAuthority } from '@checkout/runtime/testing';
import { Redis } from 'ioredis';
import { patience } from '@checkout/kernel/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectRedis, type RedisAddress } from './redis-connection.ts';

const url = process.env['REDIS_URL'];

describe.skipIf(url === undefined)('a login to Redis', () => {
  const user = `test_${process.pid}`;
  const endings: (() => void)[] = [];
  let admin: Redis;
  beforeAll(() => {
    admin = new Redis(url ?? '');
  });
  afterEach(async () => {
    for (const end of endings.splice(0)) end();
    await admin.call('ACL', 'DELUSER', user);
  });
  afterAll(() => admin.disconnect());

  const letIn = (password: string) =>
    admin.call('ACL', 'SETUSER', user, 'reset', 'on', `>${password}`, '~cache:*', '+@all');
  const throwOut = () => admin.call('CLIENT', 'KILL', 'USER', user);
  const open = (address: Partial<RedisAddress>) => {
    const logger = createRecordingLogger();
    const metrics = createMetrics('test');
    const redis = connectRedis({ url: url ?? '', ...address, clock: createSystemClock(), logger, metrics });
    endings.push(() => redis.close());
    const whoAmI = () => redis.run((client) => client.call('ACL', 'WHOAMI'));
    const isIn = (name = user) => vi.waitFor(async () => expect(await whoAmI()).toBe(name), patience);
    const isOut = () => vi.waitFor(() => expect(whoAmI()).rejects.toThrow('redis'), patience);
    return { logger, isIn, isOut };
  };

  test('is made with the name and the password of its moment, the first one and all later ones', async () => {
    await letIn('the first');
    const known = { password: 'the first' };
    const { isIn, isOut, logger } = open({ username: () => user, password: () => known.password });
    await isIn();

    await letIn('the second');
    await throwOut();
    await isOut();
    known.password = 'the second';
    await isIn();
    expect(JSON.stringify(logger.lines)).not.toMatch(/the (first|second)/);
  });

  test('goes on with what is known while it cannot be had', async () => {
    await letIn('the first');
    let password = () => 'the first';
    const { isIn, logger } = open({ username: () => user, password: () => password() });
    await isIn();

    password = () => {
      throw new Error('REDIS_PASSWORD_FILE cannot be read any more');
    };
    await throwOut();
    await vi.waitFor(() => {
      const told = logger.lines.map(({ message }) => message);
      expect(told).toContain('the login to redis cannot be had, trying the one before');
    }, patience);
    await isIn();
  });

  test('that cannot be had at the start is said there', () => {
    const password = () => {
      throw new Error('REDIS_PASSWORD_FILE cannot be read any more');
    };
    expect(() => open({ password })).toThrow('REDIS_PASSWORD_FILE cannot be read any more');
  });

  test('over TLS wants a certificate of the authority, for the name', async () => {
    const authority = createTestAuthority();
    const { certificate: cert, key } = authority.issue('localhost');
    const target = new URL(url ?? '');
    const server = createServer({ cert, key }, (socket) => {
      const behind = connect(Number(target.port), target.hostname);
      socket.on('error', () => behind.destroy()).pipe(behind);
      behind.on('error', () => socket.destroy()).pipe(socket);
    });
    endings.push(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    const { port } = server.address() as AddressInfo;

    const trusted = { ca: createTestAuthority().certificate };
    const { isIn, logger } = open({ url: `rediss://localhost:${port}`, ca: () => trusted.ca });
    await vi.waitFor(() => expect(JSON.stringify(logger.lines)).toMatch(/certificate/), patience);
    trusted.ca = authority.certificate;
    await isIn('default');
  });
});
