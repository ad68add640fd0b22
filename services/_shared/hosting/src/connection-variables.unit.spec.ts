import { ConfigError, loadConfig } from '@checkout/runtime';
import { createTestAuthority } from '@checkout/runtime/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { connectionConfigOf, connectionVariables } from './connection-variables.ts';
import { redisConfigOf, redisVariables } from './redis-variables.ts';

const load = (environment: Readonly<Record<string, string>>) =>
  connectionConfigOf(loadConfig(z.object(connectionVariables), environment));

function faultsOf(environment: Readonly<Record<string, string>>) {
  try {
    load(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('where a service keeps its log, and how its messages travel', () => {
  it('is files and the embedded bus, unless somebody says otherwise', () => {
    expect(load({})).toEqual({
      store: { kind: 'sqlite' },
      bus: { kind: 'embedded' },
      partitions: 16,
      busPrefix: '',
      startWithinMs: 900_000,
    });
  });

  it('may be MySQL and a broker', () => {
    const MYSQL_URL = 'mysql://order:secret@db:3306/order';
    const given = { STORE: 'mysql', MYSQL_URL, LOG_PARTITIONS: '64', BUS_PREFIX: 'blue.', START_WITHIN_MS: '60000' };
    const store = { kind: 'mysql', url: MYSQL_URL };
    expect(load({ ...given, BUS: 'kafka', KAFKA_BROKERS: 'a:9092,b:9092' })).toEqual({
      store,
      bus: { kind: 'kafka', brokers: ['a:9092', 'b:9092'] },
      partitions: 64,
      busPrefix: 'blue.',
      startWithinMs: 60_000,
    });
    expect(load({ ...given, BUS: 'rabbitmq', RABBITMQ_URL: 'amqp://mq' }).bus).toEqual({
      kind: 'rabbitmq',
      url: 'amqp://mq',
    });
  });

  it.each([
    [{ STORE: 'mysql' }, ['MYSQL_URL', 'BUS']],
    [{ BUS: 'kafka' }, ['KAFKA_BROKERS']],
    [{ BUS: 'rabbitmq' }, ['RABBITMQ_URL']],
    [{ BUS: 'kafka', KAFKA_BROKERS: 'a:9092,b' }, ['KAFKA_BROKERS']],
    [{ LOG_PARTITIONS: '4' }, ['LOG_PARTITIONS']],
    [{ STORE: 'postgres', BUS: 'pigeon' }, ['STORE', 'BUS']],
  ])('is refused as %j, and every fault named', (environment, variables) => {
    expect(faultsOf(environment).map(({ variable }) => variable)).toEqual(variables);
  });

  it('keeps the address of a database to itself', () => {
    const [fault] = faultsOf({ MYSQL_URL: 'postgres://order:secret@db/order' });
    expect(JSON.stringify(fault)).not.toContain('secret');
  });

  it('names what two choices lack together with what is wrong by itself', () => {
    const faults = faultsOf({ STORE: 'mysql', BUS: 'kafka', BUS_PREFIX: 'x'.repeat(65) });
    expect(faults.map(({ variable }) => variable).toSorted()).toEqual(['BUS_PREFIX', 'KAFKA_BROKERS', 'MYSQL_URL']);
  });
});

describe('who logs in at MySQL', () => {
  const given = { STORE: 'mysql', BUS: 'rabbitmq', RABBITMQ_URL: 'amqp://mq' };
  const url = 'mysql://db:3306/order';

  it('may be named beside the address, with the certificates that its server may have', () => {
    const { certificate } = createTestAuthority();
    const login = { MYSQL_USERNAME: 'order', MYSQL_PASSWORD: 'a secret', MYSQL_CA: certificate };
    const { store } = load({ ...given, MYSQL_URL: url, ...login });
    if (store.kind !== 'mysql') throw new Error('another store than was asked for');
    expect([store.url, store.username?.(), store.password?.(), store.ca?.()]).toEqual([url, ...Object.values(login)]);
  });

  it.each([
    ['mysql://other@db/order', { MYSQL_USERNAME: 'order', MYSQL_PASSWORD: 'a secret' }, ['MYSQL_USERNAME']],
    ['mysql://order:one@db/order', { MYSQL_PASSWORD: 'a secret' }, ['MYSQL_PASSWORD']],
    [url, { MYSQL_PASSWORD: 'a secret' }, ['MYSQL_USERNAME']],
    [url, { MYSQL_USERNAME: 'order' }, ['MYSQL_PASSWORD']],
    [url, { MYSQL_CA: 'a secret' }, ['MYSQL_CA']],
    [url, { MYSQL_USERNAME: 'order', MYSQL_PASSWORD: 'a secret', MYSQL_PASSWORD_FILE: '/x' }, ['MYSQL_PASSWORD']],
    [
      url,
      { MYSQL_USERNAME_FILE: '/nowhere', MYSQL_PASSWORD_FILE: '/nowhere' },
      ['MYSQL_USERNAME_FILE', 'MYSQL_PASSWORD_FILE'],
    ],
    ['mysql://order@db/order', { MYSQL_PASSWORD: 'a secret' }, []],
  ])('is refused by %s with %j where that does not go together', (MYSQL_URL, login, variables) => {
    const faults = faultsOf({ ...given, MYSQL_URL, ...login });
    expect(faults.map(({ variable }) => variable)).toEqual(variables);
    expect(JSON.stringify(faults)).not.toContain('secret');
  });
});

describe('who logs in at Kafka, and how', () => {
  const given = { BUS: 'kafka', KAFKA_BROKERS: 'a:9093' };
  const login = { KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_USERNAME: 'order', KAFKA_PASSWORD: 'a secret' };

  it('is nobody over an open line, unless somebody says otherwise', () => {
    expect(load(given).bus).toEqual({ kind: 'kafka', brokers: ['a:9093'] });
  });

  it('may be named, and the line be encrypted', () => {
    const { certificate } = createTestAuthority();
    const { bus } = load({ ...given, ...login, KAFKA_TLS: 'on', KAFKA_CA: certificate });
    if (bus.kind !== 'kafka') throw new Error('another bus than was asked for');
    expect(bus.tls?.ca?.()).toBe(certificate);
    expect([bus.sasl?.mechanism, bus.sasl?.username(), bus.sasl?.password()]).toEqual(Object.values(login));
    expect(load({ ...given, KAFKA_TLS: 'on' }).bus).toMatchObject({ tls: {} });
  });

  it.each([
    [{ KAFKA_SASL_MECHANISM: 'plain' }, ['KAFKA_USERNAME', 'KAFKA_PASSWORD']],
    [{ KAFKA_USERNAME: 'order', KAFKA_PASSWORD: 'a secret' }, ['KAFKA_SASL_MECHANISM']],
    [{ ...login, KAFKA_SASL_MECHANISM: 'gssapi' }, ['KAFKA_SASL_MECHANISM']],
    [{ KAFKA_TLS: 'true' }, ['KAFKA_TLS']],
    [{ KAFKA_CA: createTestAuthority().certificate }, ['KAFKA_CA']],
    [{ ...login, KAFKA_PASSWORD_FILE: '/nowhere' }, ['KAFKA_PASSWORD']],
  ])('is refused as %j where that does not go together', (change, variables) => {
    const faults = faultsOf({ ...given, ...change });
    expect(faults.map(({ variable }) => variable)).toEqual(variables);
    expect(JSON.stringify(faults)).not.toContain('secret');
  });
});

describe('who logs in at Redis', () => {
  const configOf = (environment: Readonly<Record<string, string>>) =>
    redisConfigOf(loadConfig(z.object(redisVariables), environment));

  it('is in the address or beside it, and there need not be a Redis', () => {
    expect(configOf({})).toBeUndefined();
    expect(configOf({ REDIS_URL: 'redis://order:secret@cache' })).toEqual({ url: 'redis://order:secret@cache' });
    const { certificate } = createTestAuthority();
    const config = configOf({ REDIS_URL: 'rediss://cache', REDIS_PASSWORD: 'a secret', REDIS_CA: certificate });
    expect([config?.username, config?.password?.(), config?.ca?.()]).toEqual([undefined, 'a secret', certificate]);
  });

  it.each([
    [{ REDIS_PASSWORD: 'a secret' }, 'REDIS_URL is not set, expected a Redis, because REDIS_PASSWORD is set'],
    [{ REDIS_URL: 'redis://me@cache', REDIS_USERNAME: 'order', REDIS_PASSWORD: 'a secret' }, 'REDIS_USERNAME is set'],
    [{ REDIS_URL: 'redis://:it@cache', REDIS_PASSWORD: 'a secret' }, 'REDIS_PASSWORD is set'],
    [{ REDIS_URL: 'redis://cache', REDIS_USERNAME: 'order' }, 'REDIS_PASSWORD is not set'],
    [{ REDIS_URL: 'redis://cache', REDIS_CA: createTestAuthority().certificate }, 'REDIS_CA is set'],
  ])('is refused as %j where that does not go together', (environment, fault) => {
    expect(() => configOf(environment)).toThrow(`bad configuration: ${fault}`);
    expect(() => configOf(environment)).not.toThrow('secret');
  });
});
