import process from 'node:process';
import kafkajs, { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kafkaCheck } from './kafka.ts';

const brokers = process.env['KAFKA_BROKERS']?.split(',') ?? [];
const address = { about: 'Kafka', host: 'the broker', isNamed: true, variable: 'KAFKA_BROKERS' };
const topic = `doctor-${process.pid}`;
const run = (partitions: number, topics: readonly string[] = [topic]) =>
  kafkaCheck(address, { brokers }, { topics, partitions, replicationFactor: 1 }).run(new AbortController().signal);

describe.skipIf(brokers.length === 0)('a real Kafka', () => {
  const admin = () => new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  let client: ReturnType<typeof admin>;
  beforeAll(async () => {
    client = admin();
    await client.connect();
    await client.createTopics({ topics: [{ topic, numPartitions: 4, replicationFactor: 1 }], waitForLeaders: true });
  });
  afterAll(async () => {
    await client.deleteTopics({ topics: [topic] });
    await client.disconnect();
  });

  it('is examined, and its topics with it', async () => {
    expect(await run(4)).toEqual([
      { about: 'Kafka', state: 'ok', says: expect.stringMatching(/^\d+ brokers? at the broker, 1 of our topics$/) },
    ]);
  });

  it('that has none of our topics yet is fine', async () => {
    expect(await run(4, ['doctor-makes-none'])).toMatchObject([{ state: 'ok' }]);
  });

  it('with another number of partitions is broken', async () => {
    expect(await run(16)).toMatchObject([
      { state: 'ok' },
      { state: 'broken', says: expect.stringContaining(`${topic} (4)`) },
    ]);
  });

  it('is asked what it needs to have a message', async () => {
    const minimum = [{ name: 'min.insync.replicas', value: '2' }];
    await client.alterConfigs({
      validateOnly: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries: minimum }],
    });
    expect(await run(4)).toMatchObject([
      { state: 'ok' },
      { state: 'broken', says: expect.stringContaining('2 copies') },
    ]);
  });
});
