import { isMessageType, type RawMessage } from '@checkout/contracts';
import type { NewDeadLetter } from '@checkout/event-log';
import { partitionOf } from '@checkout/kernel';
import type { Logger, Metrics } from '@checkout/runtime';
import type { IHeaders, Kafka, Message, Producer } from 'kafkajs';
import { deadLetterAddress } from '../broker/groups.ts';
import { encodeMessage } from '../broker/wire.ts';
import type { CopyDeadLetter } from '../consumer.ts';
import type { Origin } from './partition-lanes.ts';

export type DeadLetterCopies = {
  readonly copy: CopyDeadLetter;
  /** Waits for the copies that are on their way. */
  close(): Promise<void>;
};

export type DeadLetterCopiesDeps = {
  readonly client: Kafka;
  readonly prefix: string;
  readonly partitions: number;
  /** The record that a message in hand was read from. */
  readonly originOf: (group: string, messageId: string) => Origin | undefined;
  readonly logger: Logger;
  readonly metrics: Metrics;
};

/** With more on their way, copies are given up: the rows of the database are what counts. */
const maxCopiesOnTheirWay = 100;

/**
 * Copies of dead letters on `<topic>.<group>.dlt`, with the headers that Spring for Apache Kafka gives them, so that its tools
 * can show them. Nobody waits for them, nobody reads them back, and one that fails is counted and given up.
 */
export function createDeadLetterCopies(deps: DeadLetterCopiesDeps): DeadLetterCopies {
  const { client, prefix, partitions, originOf, logger } = deps;
  const failures = deps.metrics.counter({
    name: 'dead_letter_copies_failed_total',
    help: 'Copies of dead letters that did not reach the broker.',
    labels: ['group'],
  });
  let producer: Producer | undefined;
  let onTheirWay = 0;
  let last: Promise<void> = Promise.resolve();

  const connected = async () => {
    const fresh = producer ?? client.producer({ allowAutoTopicCreation: false, createPartitioner: () => ownPartition });
    producer = fresh;
    await fresh.connect();
    return fresh;
  };

  const giveUp = (letter: NewDeadLetter, error: Error) => {
    const { group, messageId, topic } = letter;
    failures.add({ group });
    logger.warn('a dead letter was not copied to the broker', { group, messageId, topic, err: error });
  };

  const send = async (letter: NewDeadLetter, message: Message) => {
    try {
      const topic = deadLetterAddress(prefix, letter.topic, letter.group);
      await (await connected()).send({ topic, acks: -1, messages: [message] });
    } catch (error) {
      giveUp(letter, error as Error);
    } finally {
      onTheirWay -= 1;
    }
  };

  return {
    copy(letter) {
      if (onTheirWay >= maxCopiesOnTheirWay) {
        giveUp(letter, new Error(`${maxCopiesOnTheirWay} copies are on their way`));
        return;
      }
      onTheirWay += 1;
      const message = copyOf(letter, originOf(letter.group, letter.messageId), partitions, prefix);
      last = last.then(() => send(letter, message));
    },
    async close() {
      await last;
      await producer?.disconnect().catch(() => {});
    },
  };
}

/** In the partition that the message came from; of a message that is not in hand, the one that its order belongs in. */
function copyOf(letter: NewDeadLetter, origin: Origin | undefined, partitions: number, prefix: string): Message {
  const { group, orderId, reason, detail, topic } = letter;
  const why = {
    'kafka_dlt-exception-fqcn': reason,
    'kafka_dlt-exception-message': detail.toWellFormed(),
    'kafka_dlt-original-topic': prefix + topic,
    'kafka_dlt-original-consumer-group': prefix + group,
  };
  if (origin === undefined) {
    const partition = orderId === null ? 0 : partitionOf(orderId, partitions);
    const original = originalOf(letter);
    return { ...original, partition, headers: { ...original.headers, ...why } };
  }
  const { record } = origin;
  return {
    key: record.key ?? null,
    value: record.value,
    partition: origin.partition,
    headers: {
      ...(record.headers as IHeaders),
      ...why,
      'kafka_dlt-original-partition': int32(origin.partition),
      'kafka_dlt-original-offset': int64(record.offset),
      'kafka_dlt-original-timestamp': int64(record.timestamp),
      'kafka_dlt-original-timestamp-type': 'CreateTime',
    },
  };
}

function originalOf({ type, message }: NewDeadLetter): Message {
  if (!isMessageType(type)) return { value: JSON.stringify(message) };
  const { key, headers, value } = encodeMessage(message as RawMessage);
  return { key, headers: { ...headers }, value };
}

/** Spring writes numbers as Java's big-endian bytes. */
function int32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(number);
  return bytes;
}

function int64(digits: string): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(digits));
  return bytes;
}

const ownPartition = ({ message }: { readonly message: Message }): number => message.partition ?? 0;
