import type { RawMessage, Topic } from '@checkout/contracts';
import type { Clock } from '@checkout/kernel';
import { dataStreams } from '@checkout/telemetry';
import type { Kafka, Message, Producer } from 'kafkajs';
import { encodeMessage } from '../broker/wire.ts';
import type { Publisher } from '../relay.ts';
import type { ConnectionLog } from '../broker/connection-log.ts';

export type KafkaPublisher = Publisher & {
  /** Finishes what is being sent. What comes later is refused. */
  close(): Promise<void>;
};

export type KafkaPublisherDeps = {
  readonly client: Kafka;
  readonly nameOf: (topic: Topic) => string;
  readonly clock: Pick<Clock, 'nextTurn'>;
  readonly connection: ConnectionLog;
};

/** Of one partition of one topic. Brokers refuse batches above 1 MiB; headers and framing need some of it. */
const maxBatchBytes = 768 * 1_024;
/** kafkajs copies what it has gathered of a batch at each message. */
const maxBatchMessages = 250;
/** Of all partitions together: what comes in one request. */
const maxRequestMessages = 4_000;
const maxRequestBytes = 8 * 1_024 * 1_024;

/** For the acknowledgement of all replicas. */
const produceTimeoutMs = 10_000;

/** A part of what is published to a partition, small enough for one batch. */
type Parcel = {
  readonly partition: number;
  readonly topics: ReadonlyMap<string, readonly Message[]>;
  readonly messages: number;
  readonly bytes: number;
};
type Sending = { readonly parcel: Parcel; readonly settled: PromiseWithResolvers<void> };

/**
 * Publishes with an idempotent producer and all replicas' acknowledgement. One request is in flight at a time, and takes along
 * what all partitions published meanwhile: a message costs a ninth of the CPU that it would cost alone.
 *
 * A producer that failed once is not used again. It counts what it sent per partition; after a failure its count may
 * disagree with the broker's, which then takes the next messages for copies of the last ones and drops them.
 */
export function createKafkaPublisher(deps: KafkaPublisherDeps): KafkaPublisher {
  const { client, nameOf, clock, connection } = deps;
  const queue: Sending[] = [];
  let isClosed = false;
  let pumping: Promise<void> | undefined;
  let producer: Producer | undefined;

  const connected = async (): Promise<Producer> => {
    if (producer !== undefined) return producer;
    const fresh = client.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: () => refuseUnknownPartition,
      retry: { retries: producerRetries },
    });
    try {
      await fresh.connect();
    } catch (error) {
      await disconnect(fresh);
      throw error;
    }
    producer = fresh;
    return fresh;
  };

  const send = async (parcels: readonly Parcel[]) => {
    try {
      const topics = [...new Set(parcels.flatMap((parcel) => [...parcel.topics.keys()]))];
      const topicMessages = topics.map((topic) => ({
        topic,
        messages: parcels.flatMap((parcel) => parcel.topics.get(topic) ?? []),
      }));
      const acknowledged = await (await connected()).sendBatch({ acks: -1, timeout: produceTimeoutMs, topicMessages });
      refuseMissing(parcels, new Set(acknowledged.map(({ topicName, partition }) => `${topicName}/${partition}`)));
      connection.isBack();
    } catch (error) {
      const failed = producer;
      producer = undefined;
      if (failed) await disconnect(failed);
      if (!isRefusal(error as Error)) connection.isAway(error as Error);
      throw error;
    }
  };

  const settle = async (sendings: readonly Sending[]) => {
    try {
      await send(sendings.map(({ parcel }) => parcel));
      for (const { settled } of sendings) settled.resolve();
    } catch (error) {
      if (sendings.length > 1 && isRefusal(error as Error)) {
        // One partition's messages are refused: the others must not wait for them.
        for (const sending of sendings) await settle([sending]);
      } else {
        for (const { settled } of sendings) settled.reject(error);
      }
    }
  };

  const pump = async () => {
    while (queue.length > 0) {
      // What one commit recorded in several partitions arrives within a turn.
      await clock.nextTurn();
      await settle(takeRequest(queue));
    }
    pumping = undefined;
  };

  return {
    async publish(partition, messages) {
      for (const parcel of parcelsOf(partition, messages, nameOf)) {
        if (isClosed) throw new Error('the publisher is closed');
        const settled = Promise.withResolvers<void>();
        queue.push({ parcel, settled });
        pumping ??= pump();
        await settled.promise;
      }
    },
    async close() {
      isClosed = true;
      await pumping;
      if (producer) await disconnect(producer);
      producer = undefined;
    },
  };
}

/** Within one request; a restart of a broker takes longer, and is waited for by whoever publishes. */
const producerRetries = 3;

const disconnect = (producer: Producer): Promise<void> => producer.disconnect().catch(() => {});

function takeRequest(queue: Sending[]): readonly Sending[] {
  let messages = 0;
  let bytes = 0;
  const end = queue.findIndex(({ parcel }, index) => {
    messages += parcel.messages;
    bytes += parcel.bytes;
    return index > 0 && (messages > maxRequestMessages || bytes > maxRequestBytes);
  });
  return queue.splice(0, end === -1 ? queue.length : end);
}

function parcelsOf(partition: number, messages: readonly RawMessage[], nameOf: (topic: Topic) => string): Parcel[] {
  const parcels: Parcel[] = [];
  let topics = new Map<string, Message[]>();
  let count = 0;
  let bytes = 0;
  const close = () => {
    if (count > 0) parcels.push({ partition, topics, messages: count, bytes });
    topics = new Map();
    count = 0;
    bytes = 0;
  };
  for (const message of messages) {
    const { key, headers, value } = encodeMessage(message);
    const size = value.length + headerBytes;
    if (count >= maxBatchMessages || (count > 0 && bytes + size > maxBatchBytes)) close();
    const name = nameOf(message.topic);
    const ofTopic = topics.get(name) ?? [];
    topics.set(name, ofTopic);
    const carried = { ...headers };
    dataStreams()?.produced('kafka', name, carried);
    ofTopic.push({ key, value, headers: carried, partition });
    count += 1;
    bytes += size;
  }
  close();
  return parcels;
}

/** Key, headers and framing of a record, with a generous request id. */
const headerBytes = 1_024;

/** kafkajs sends nothing to a partition that the topic does not have, and reports success. */
function refuseUnknownPartition({
  topic,
  partitionMetadata,
  message,
}: {
  readonly topic: string;
  readonly partitionMetadata: readonly unknown[];
  readonly message: Message;
}): number {
  const { partition } = message;
  if (partition === undefined || partition >= partitionMetadata.length) {
    throw new Error(`topic ${topic} has ${partitionMetadata.length} partitions and no partition ${partition}`);
  }
  return partition;
}

/** kafkajs forgets partitions that change their broker between two of its tries, and reports success. */
function refuseMissing(parcels: readonly Parcel[], acknowledged: ReadonlySet<string>): void {
  for (const { partition, topics } of parcels) {
    for (const topic of topics.keys()) {
      const name = `${topic}/${partition}`;
      if (!acknowledged.has(name)) throw new Error(`nobody acknowledged what was sent to ${name}`);
    }
  }
}

const refusals: ReadonlySet<string> = new Set(['Error', 'KafkaJSProtocolError', 'KafkaJSMessageTooLarge']);

/** The brokers answered, and do not want these messages: it is not that nobody is there. */
function isRefusal(error: Error): boolean {
  const { cause } = error;
  return refusals.has(cause instanceof Error ? cause.name : error.name);
}
