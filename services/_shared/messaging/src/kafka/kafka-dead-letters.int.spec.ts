import { type RawMessage, topicOf } from '@checkout/contracts';
import { createEventLog, createStreams } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { anOrder, testIdentity } from '@checkout/event-log/testing';
import { createMetrics, createSystemClock } from '@checkout/runtime';
import { createSilentLogger } from '@checkout/runtime/testing';
import { type IHeaders, Kafka, type KafkaMessage, logLevel } from 'kafkajs';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeMessage } from '../broker/wire.ts';
import { createConsumer } from '../consumer.ts';
import { identityOf } from '../testing/embedded-worlds.ts';
import { connectionOfTest, waitUntil } from '../testing/kafka-world.ts';
import { createMessageBuilder } from '../testing/messages.builder.ts';
import { labelOf, type Tally, tallied, type TallyEvent, tallyHandlers, tallyStream } from '../testing/tally.fixture.ts';
import { createKafkaBus, ensureTopics, removeTopics } from './index.ts';

const brokers = process.env['KAFKA_BROKERS'] ?? '';
const { partitions } = testIdentity;
const topic = topicOf('CapturePayment');
const group = 'payment';

describe.skipIf(brokers === '')('dead letters at the brokers of KAFKA_BROKERS', () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  /** A consumer that fails at `poison`, and somebody who writes whatever they like to its topic. */
  const setup = async ({ hasCopies = true } = {}) => {
    const clock = createSystemClock();
    const logger = createSilentLogger();
    const metrics = createMetrics('payment');
    const connection = connectionOfTest(brokers);
    const topics = [topic, topicOf('OrderCancellationRefused')];
    const groups = hasCopies ? [{ group, topics }] : [];
    await ensureTopics({ connection, clock, logger, topics, groups, partitions, replicationFactor: 1 });
    closing.push(() => removeTopics({ connection, logger, topics, groups }));
    const kafka = createKafkaBus({ connection, partitions, clock, logger, metrics });
    const log = createEventLog({ storage: createMemoryStorage({ identity: identityOf('payment'), clock }), clock });
    const streams = createStreams<Tally, TallyEvent>(log, tallyStream);
    const handlers = tallyHandlers((_, message) => {
      if (labelOf(message) === '666') throw new Error('no such currency');
      return { events: [tallied(labelOf(message))] };
    });
    const { copyDeadLetter } = kafka;
    const consumer = createConsumer({ group, log, streams, handlers, clock, logger, metrics, copyDeadLetter });
    kafka.bus.subscribe(consumer.subscription);
    await kafka.bus.start();
    closing.push(
      () => kafka.close(),
      () => kafka.bus.stop(),
    );

    const client = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
    const producer = client.producer();
    await producer.connect();
    closing.push(() => producer.disconnect());
    const write = (partition: number, headers: IHeaders, value: Buffer | null) =>
      producer.send({ topic: connection.prefix + topic, messages: [{ partition, key: 'a key', headers, value }] });
    const writeMessage = (message: RawMessage, partition = 0, value = encodeMessage(message).value) =>
      write(partition, { ...encodeMessage(message).headers }, value);
    const tally = async (orderId = anOrder(0)) =>
      (await log.readStream(orderId)).map(({ data }) => (data as { label: string }).label);
    const letters = () => log.deadLetters({ afterSeq: 0, limit: 100 });
    const readCopies = async () => {
      const copies: KafkaMessage[] = [];
      const reader = client.consumer({ groupId: `${connection.prefix}reader` });
      closing.push(() => reader.disconnect());
      await reader.connect();
      await reader.subscribe({ topics: [`${connection.prefix}${topic}.${group}.dlt`], fromBeginning: true });
      await reader.run({ eachMessage: async ({ message }) => void copies.push(message) });
      return copies;
    };
    return {
      connection,
      metrics,
      write,
      writeMessage,
      tally,
      letters,
      readCopies,
      build: createMessageBuilder(partitions),
    };
  };

  it('list a record of somebody else, which holds nobody', async () => {
    const { build, write, writeMessage, tally, letters } = await setup();
    await writeMessage(build('CapturePayment', anOrder(0), { attempt: 1 }));
    await write(0, { 'content-type': 'text/plain' }, Buffer.from('hello'));
    await writeMessage(build('CapturePayment', anOrder(1), { attempt: 7 }));
    await writeMessage(build('CapturePayment', anOrder(0), { attempt: 2 }));
    await waitUntil(async () => (await tally()).length === 2);

    expect(await tally()).toEqual(['1', '2']);
    expect(await letters()).toMatchObject([
      {
        orderId: null,
        topic,
        messageId: `${topic}/0/1`,
        reason: 'foreign',
        detail: 'ce_id is not the id of a message',
        message: { key: 'a key', value: 'hello' },
      },
      { orderId: null, messageId: `${topic}/0/2`, detail: 'its order belongs in partition 1' },
    ]);
    expect(await tally(anOrder(1))).toEqual([]);
  });

  it('take what cannot be read out at its place in its order', async () => {
    const { build, writeMessage, tally, letters } = await setup();
    const [first, broken, third] = [1, 2, 3].map((attempt) => build('CapturePayment', anOrder(0), { attempt }));
    await writeMessage(first!);
    await writeMessage(broken!, 0, Buffer.from('{"attempt":'));
    await writeMessage(third!);
    await writeMessage(build('CapturePayment', anOrder(0, 9), { attempt: 1 }));
    await waitUntil(async () => (await tally(anOrder(0, 9))).length === 1 && (await letters()).length === 2);

    expect(await tally()).toEqual(['1']);
    expect(await letters()).toMatchObject([
      { orderId: anOrder(0), messageId: broken!.id, reason: 'unreadable', message: { data: '{"attempt":' } },
      { orderId: anOrder(0), messageId: third!.id, state: 'held' },
    ]);
  });

  it('are copied as they came, with the headers of Spring for Apache Kafka', async () => {
    const { build, connection, write, writeMessage, readCopies } = await setup();
    const poison = build('CapturePayment', anOrder(0), { attempt: 666 });
    await writeMessage(build('CapturePayment', anOrder(0, 9), { attempt: 1 }));
    await writeMessage(poison);
    await write(0, { 'content-type': 'text/plain' }, Buffer.from('hello'));
    const copies = await readCopies();
    await waitUntil(() => copies.length === 2);

    const [copy, foreign] = copies.toSorted((a, b) => (a.value!.length < b.value!.length ? 1 : -1));
    expect(copy?.value).toEqual(encodeMessage(poison).value);
    const texts = Object.fromEntries(Object.entries(copy?.headers ?? {}).map(([name, bytes]) => [name, String(bytes)]));
    expect(texts).toMatchObject({
      ...encodeMessage(poison).headers,
      'kafka_dlt-exception-fqcn': 'handler-failed',
      'kafka_dlt-exception-message': 'no such currency',
      'kafka_dlt-original-topic': connection.prefix + topic,
      'kafka_dlt-original-consumer-group': connection.prefix + group,
      'kafka_dlt-original-timestamp-type': 'CreateTime',
    });
    expect(copy?.headers?.['kafka_dlt-original-partition']).toEqual(Buffer.from([0, 0, 0, 0]));
    expect(copy?.headers?.['kafka_dlt-original-offset']).toEqual(Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]));
    const timestamp = copy?.headers?.['kafka_dlt-original-timestamp'] as Buffer;
    expect(timestamp.readBigInt64BE()).toBeGreaterThan(0n);
    expect(foreign).toMatchObject({ key: Buffer.from('a key'), value: Buffer.from('hello') });
    expect(String(foreign?.headers?.['kafka_dlt-exception-fqcn'])).toBe('foreign');
  });

  it('keep nobody waiting when they cannot be copied, and are counted', async () => {
    const { build, writeMessage, tally, letters, metrics } = await setup({ hasCopies: false });
    await writeMessage(build('CapturePayment', anOrder(0), { attempt: 666 }));
    await writeMessage(build('CapturePayment', anOrder(0, 9), { attempt: 1 }));
    await waitUntil(async () => (await tally(anOrder(0, 9))).length === 1);

    expect(await letters()).toHaveLength(1);
    const failed = async () =>
      (await metrics.snapshot()).samples.find(
        (sample) => (sample as { name: string }).name === 'dead_letter_copies_failed_total',
      );
    await waitUntil(async () => ((await failed()) as { values: { value: number }[] }).values[0]?.value === 1);
  });
});
