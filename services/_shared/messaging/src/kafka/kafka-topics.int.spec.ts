import { services, topicOf } from '@checkout/contracts';
import { patience } from '@checkout/kernel/testing';
import { createSystemClock } from '@checkout/runtime';
import { createSilentLogger } from '@checkout/runtime/testing';
import { Kafka, logLevel } from 'kafkajs';
import { afterEach, describe, expect, it } from 'vitest';
import { connectionOfTest } from '../testing/kafka-world.ts';
import { ensureTopics, removeTopics, TopicMismatchError, topicsOf } from './index.ts';

const brokers = process.env['KAFKA_BROKERS'] ?? '';

describe('the topics of services', () => {
  it('are what they announce and what they are told', () => {
    expect(topicsOf(['payment', 'orchestrator'])).toEqual(['checkout.payment.commands', 'checkout.payment.events']);
    expect(topicsOf(services)).toHaveLength(8);
  });
});

describe.skipIf(brokers === '')('topics at the brokers of KAFKA_BROKERS', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  const setup = () => {
    const connection = connectionOfTest(brokers);
    const wanted = {
      connection,
      logger: createSilentLogger(),
      topics: topicsOf(['payment']),
      groups: [{ group: 'payment', topics: [topicOf('CapturePayment')] }],
    };
    const ensure = (partitions: number) =>
      ensureTopics({ ...wanted, clock: createSystemClock(), partitions, replicationFactor: 1 });
    const remove = () => removeTopics(wanted);
    closing.push(remove);
    const admin = new Kafka({ brokers: connection.brokers as string[], logLevel: logLevel.NOTHING }).admin();
    const found = async () => {
      await admin.connect();
      const names = (await admin.listTopics()).filter((name) => name.startsWith(connection.prefix));
      // No name stands for every topic.
      const { topics } = names.length === 0 ? { topics: [] } : await admin.fetchTopicMetadata({ topics: names });
      await admin.disconnect();
      return topics
        .map(({ name, partitions }) => `${name.slice(connection.prefix.length)} ${partitions.length}`)
        .toSorted();
    };
    return { connection, ensure, remove, found };
  };

  it('are made once, also by two processes at once', async () => {
    const { ensure, found } = setup();
    await Promise.all([ensure(4), ensure(4)]);
    await ensure(4);

    expect(await found()).toEqual([
      'checkout.payment.commands 4',
      'checkout.payment.commands.payment.dlt 4',
      'checkout.payment.events 4',
    ]);
  });

  it('are removed, and removing them again is no fault', async () => {
    const { ensure, remove, found } = setup();
    await ensure(4);
    await remove();
    await expect.poll(found, patience).toEqual([]);
    await remove();
  });

  it('are refused in a line when the log has another number of partitions', async () => {
    const { connection, ensure, found } = setup();
    await ensure(4);
    const refused = await ensure(16).catch((error: Error) => error);

    expect(refused).toBeInstanceOf(TopicMismatchError);
    const { prefix } = connection;
    expect((refused as Error).message).toBe(
      `The log has 16 partitions and these topics do not: ${prefix}checkout.payment.commands (4), ` +
        `${prefix}checkout.payment.commands.payment.dlt (4), ${prefix}checkout.payment.events (4). ` +
        'Let their groups read them to the end, delete them, and start again.',
    );
    expect(await found()).toHaveLength(3);
  });
});
