import { ConfigError, loadConfig } from '@checkout/runtime';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { connectionConfigOf, connectionVariables } from './connection-variables.ts';

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
    expect(load({})).toEqual({ store: { kind: 'sqlite' }, bus: { kind: 'embedded' }, partitions: 16, busPrefix: '' });
  });

  it('may be MySQL and a broker', () => {
    const MYSQL_URL = 'mysql://order:secret@db:3306/order';
    const given = { STORE: 'mysql', MYSQL_URL, LOG_PARTITIONS: '64', BUS_PREFIX: 'blue.' };
    const store = { kind: 'mysql', url: MYSQL_URL };
    expect(load({ ...given, BUS: 'kafka', KAFKA_BROKERS: 'a:9092,b:9092' })).toEqual({
      store,
      bus: { kind: 'kafka', brokers: ['a:9092', 'b:9092'] },
      partitions: 64,
      busPrefix: 'blue.',
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
});
