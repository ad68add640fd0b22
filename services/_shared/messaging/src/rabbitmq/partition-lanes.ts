import type { Topic } from '@checkout/contracts';
import { canonicalJson, type Clock, sha256Hex } from '@checkout/kernel';
import type { Logger } from '@checkout/runtime';
import type { ConsumeMessage } from 'amqplib';
import { createLanes, type EntryReader, type Lanes } from '../broker/lanes.ts';
import { decodeRecord, describeForeign, type ReceivedRecord } from '../broker/wire.ts';
import type { Subscription } from '../bus.port.ts';

/** Messages of a partition that the broker hands over before they are acknowledged: one delivery, and the next. */
export const prefetchCount = 32;

/** After a `reset` nothing that was pushed can be acknowledged any more: the broker hands it over again. */
export type PartitionLanes = Omit<Lanes<Entry, ConsumeMessage>, 'push'> & {
  /** Takes what the broker handed over from a partition's queue. `acknowledge` tells it that the message is done. */
  push(partition: number, received: ConsumeMessage, acknowledge: () => void): void;
};

export type PartitionLanesDeps = {
  readonly subscription: Subscription;
  /** Of every log. */
  readonly partitions: number;
  readonly topicOf: (exchange: string) => Topic | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
};

type Entry = { readonly received: ConsumeMessage; readonly acknowledge: () => void };

/** What cannot be handled now stays unacknowledged. */
export function createPartitionLanes(deps: PartitionLanesDeps): PartitionLanes {
  const { subscription, partitions, topicOf, clock, logger } = deps;
  const reader: EntryReader<Entry, ConsumeMessage> = {
    read({ received }) {
      const topic = topicOf(received.fields.exchange);
      return topic === undefined
        ? { foreign: 'it came by the exchange of no topic' }
        : decodeRecord(topic, recordOf(received));
    },
    describe({ received }) {
      const [first] = subscription.topics;
      const topic = topicOf(received.fields.exchange) ?? first;
      return { id: foreignIdOf(received), topic: topic as Topic, record: recordOf(received) };
    },
    originOf: ({ received }) => received,
    done: ({ acknowledge }) => acknowledge(),
  };
  const lanes = createLanes({ subscription, partitions, reader, clock, logger });
  return { ...lanes, push: (partition, received, acknowledge) => lanes.push(partition, [{ received, acknowledge }]) };
}

function recordOf({ content, properties }: ConsumeMessage): ReceivedRecord {
  return { headers: properties.headers, value: content };
}

/** RabbitMQ gives a message no id of its own, so that it is what it holds. */
function foreignIdOf(received: ConsumeMessage): string {
  const { fields, properties, content } = received;
  const { exchange, routingKey } = fields;
  const { messageId, timestamp } = properties;
  const headers = describeForeign('', exchange as Topic, { foreign: '' }, recordOf(received)).record.headers;
  const facts = { exchange, routingKey, messageId: String(messageId), timestamp: String(timestamp), headers };
  return `rabbitmq/${sha256Hex(`${canonicalJson(facts)} ${content.toString('base64')}`)}`;
}
