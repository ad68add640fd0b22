import { formatMessageId, type RawMessage, topicOf } from '@checkout/contracts';
import { anOrder } from '@checkout/event-log/testing';
import { createSystemClock } from '@checkout/runtime';
import type { Kafka, Message, ProducerBatch } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { labels, numbers, words } from '../testing/contract/context.ts';
import { createMessageBuilder } from '../testing/messages.builder.ts';
import { createKafkaPublisher } from './publisher.ts';

type Sent = { readonly producer: number; readonly batch: ProducerBatch };
type Fate = (sent: Sent) => Promise<void> | void;

/** The part of kafkajs that is used here: what is sent meets its fate and is acknowledged, unless the fate throws. */
function setup({ fate = () => {}, forgets = () => false }: { fate?: Fate; forgets?: (name: string) => boolean } = {}) {
  const sent: Sent[] = [];
  const seen: string[] = [];
  let producers = 0;
  let disconnected = 0;
  const client = {
    producer() {
      producers += 1;
      const producer = producers;
      return {
        connect: async () => {},
        async disconnect() {
          disconnected += 1;
        },
        async sendBatch(batch: ProducerBatch) {
          sent.push({ producer, batch });
          await fate({ producer, batch });
          return (batch.topicMessages ?? []).flatMap(({ topic, messages }) =>
            [...new Set(messages.map(({ partition }) => partition))]
              .filter((partition) => !forgets(`${topic}/${partition}`))
              .map((partition) => ({ topicName: topic, partition, errorCode: 0 })),
          );
        },
      };
    },
  } as unknown as Kafka;
  const publisher = createKafkaPublisher({
    client,
    nameOf: (topic) => `our.${topic}`,
    clock: createSystemClock(),
    connection: { isBack: () => void seen.push('back'), isAway: () => void seen.push('away') },
  });
  const build = createMessageBuilder(4);
  const capture = (partition: number, attempt: number) => build('CapturePayment', anOrder(partition), { attempt });
  const messagesOf = ({ batch }: Sent): readonly Message[] =>
    (batch.topicMessages ?? []).flatMap(({ messages }) => messages);
  const labelsOf = (of: Sent) =>
    labels(messagesOf(of).map(({ value }) => ({ data: JSON.parse(String(value)) as unknown }) as RawMessage));
  return { publisher, capture, sent, seen, labelsOf, messagesOf, producers: () => producers, gone: () => disconnected };
}

const refused = () => Object.assign(new Error('too large'), { name: 'KafkaJSProtocolError' });
const unreachable = () => Object.assign(new Error('refused'), { name: 'KafkaJSConnectionError' });

describe('what is published', () => {
  it('goes to its partition of its topic, as it was given', async () => {
    const { publisher, capture, sent } = setup();
    await publisher.publish(2, [capture(2, 1), capture(2, 2)]);

    expect(sent).toMatchObject([
      {
        batch: {
          acks: -1,
          topicMessages: [
            {
              topic: `our.${topicOf('CapturePayment')}`,
              messages: [
                { partition: 2, key: anOrder(2), value: Buffer.from('{"attempt":1}') },
                { partition: 2, key: anOrder(2), value: Buffer.from('{"attempt":2}') },
              ],
            },
          ],
        },
      },
    ]);
  });

  it('in several partitions at once goes in one request, and what comes meanwhile in the next', async () => {
    const gate = Promise.withResolvers<void>();
    const { publisher, capture, sent, labelsOf } = setup({ fate: () => gate.promise });
    const first = [publisher.publish(0, [capture(0, 1)]), publisher.publish(1, [capture(1, 2)])];
    const clock = createSystemClock();
    while (sent.length === 0) await clock.nextTurn();
    const second = [publisher.publish(2, [capture(2, 3)]), publisher.publish(3, [capture(3, 4)])];
    for (let turn = 0; turn < 5; turn += 1) await clock.nextTurn();
    expect(sent.map(labelsOf)).toEqual([['1', '2']]);

    gate.resolve();
    await Promise.all([...first, ...second]);
    expect(sent.map(labelsOf)).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
  });

  it('is cut to what a broker takes, in order, each part behind the acknowledgement of the one before', async () => {
    const { publisher, capture, sent, labelsOf, messagesOf } = setup();
    const big = (attempt: number): RawMessage => ({
      ...capture(0, attempt),
      data: { attempt, padding: 'x'.repeat(300_000) },
    });
    await publisher.publish(0, numbers(7).map(big));

    expect(sent.flatMap(labelsOf)).toEqual(words(7));
    for (const request of sent) {
      const bytes = messagesOf(request).reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
      expect(bytes).toBeLessThan(1_000_000);
    }
  });

  it('is cut by its number as well', async () => {
    const { publisher, capture, sent, labelsOf, messagesOf } = setup();
    await publisher.publish(
      0,
      numbers(1_200).map((attempt) => capture(0, attempt)),
    );

    expect(sent.flatMap(labelsOf)).toEqual(words(1_200));
    for (const request of sent) expect(messagesOf(request).length).toBeLessThanOrEqual(250);
  });

  it('of nothing asks nobody', async () => {
    const { publisher, producers } = setup();
    await publisher.publish(0, []);
    expect(producers()).toBe(0);
  });

  it('is refused after the end', async () => {
    const { publisher, capture, gone } = setup();
    await publisher.publish(0, [capture(0, 1)]);
    await publisher.close();
    await expect(publisher.publish(0, [capture(0, 2)])).rejects.toThrow('closed');
    expect(gone()).toBe(1);
  });
});

describe('a request that fails', () => {
  it('fails for whoever published in it, once', async () => {
    const { publisher, capture, sent, seen } = setup({
      fate() {
        throw unreachable();
      },
    });
    const outcomes = await Promise.allSettled([
      publisher.publish(0, [capture(0, 1)]),
      publisher.publish(1, [capture(1, 2)]),
    ]);

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(sent).toHaveLength(1);
    expect(seen).toEqual(['away']);
  });

  it('is the last of its producer, whose count of messages may be wrong', async () => {
    let failures = 1;
    const { publisher, capture, sent, gone } = setup({
      fate() {
        failures -= 1;
        if (failures >= 0) throw unreachable();
      },
    });
    await expect(publisher.publish(0, [capture(0, 1)])).rejects.toThrow('refused');
    await publisher.publish(0, [capture(0, 1)]);
    await publisher.publish(0, [capture(0, 2)]);

    expect(sent.map(({ producer }) => producer)).toEqual([1, 2, 2]);
    expect(gone()).toBe(1);
  });

  it('because of one partition fails for that one alone', async () => {
    const { publisher, capture, sent, seen } = setup({
      fate({ batch }) {
        if (batch.topicMessages?.some(({ messages }) => messages.some(({ partition }) => partition === 1))) {
          throw refused();
        }
      },
    });
    const outcomes = await Promise.allSettled(
      [0, 1, 2].map((partition) => publisher.publish(partition, [capture(partition, 1)])),
    );

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(sent).toHaveLength(4);
    expect(seen).not.toContain('away');
  });

  it('also fails when kafkajs says that it did not, yet nobody acknowledged a partition', async () => {
    const { publisher, capture } = setup({ forgets: (name) => name.endsWith('/1') });
    const outcomes = await Promise.allSettled(
      [0, 1].map((partition) => publisher.publish(partition, [capture(partition, 1)])),
    );

    expect(outcomes).toMatchObject([
      { status: 'fulfilled' },
      {
        status: 'rejected',
        reason: { message: 'nobody acknowledged what was sent to our.checkout.payment.commands/1' },
      },
    ]);
  });

  it('fails alone when the message itself cannot be written', async () => {
    const { publisher, capture, sent } = setup();
    const unknown = {
      ...capture(0, 1),
      type: 'SplitPayment',
      id: formatMessageId({ service: 'order', epoch: 0, partition: 0, position: 1, index: 0 }),
    };
    const outcomes = await Promise.allSettled([publisher.publish(0, [unknown]), publisher.publish(1, [capture(1, 2)])]);

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(sent).toHaveLength(1);
  });
});
