import type { RawMessage, Topic } from '@checkout/contracts';
import { canonicalJson, type Clock, partitionOf, sha256Hex } from '@checkout/kernel';
import type { Logger } from '@checkout/runtime';
import type { ConsumeMessage } from 'amqplib';
import { decodeRecord, describeForeign, type Foreign, type ReceivedRecord } from '../broker/wire.ts';
import type { Subscription } from '../bus.port.ts';

/** As in the embedded bus: group commit joins the partitions' batches, so a bigger one would save little. */
const maxMessagesPerDelivery = 16;
/** Messages of a partition that the broker hands over before they are acknowledged: one delivery, and the next. */
export const prefetchCount = 32;
const retryBaseMs = 50;
const retryCapMs = 10_000;

export type PartitionLanes = {
  /** Takes what the broker handed over from a partition's queue. `acknowledge` tells it that the message is done. */
  push(partition: number, received: ConsumeMessage, acknowledge: () => void): void;
  /** Nothing that was pushed can be acknowledged any more: the broker hands it over again. */
  reset(): void;
  /** What a message in hand was read from. */
  originOf(messageId: string): ConsumeMessage | undefined;
  /** Takes no new delivery, and waits for those in hand. */
  stop(): Promise<void>;
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
type Lane = { readonly waiting: Entry[]; isReset: boolean };
type Unread = { readonly received: ConsumeMessage; readonly topic: Topic; readonly why: Foreign };

/**
 * One lane per partition: its deliveries come one after the other, also across connections, and no partition waits for
 * another one. What cannot be handled now stays at the head of its lane, unacknowledged, so that nothing overtakes it.
 */
export function createPartitionLanes(deps: PartitionLanesDeps): PartitionLanes {
  const { subscription, partitions, topicOf, clock, logger } = deps;
  const { group } = subscription;
  const stopping = new AbortController();
  const lanes = new Map<number, Lane>();
  const loops = new Map<number, Promise<void>>();
  const inHand = new Map<string, ConsumeMessage>();

  const laneOf = (partition: number): Lane => {
    const lane = lanes.get(partition) ?? { waiting: [], isReset: false };
    lanes.set(partition, lane);
    return lane;
  };

  const read = (received: ConsumeMessage, partition: number): RawMessage | Unread => {
    const topic = topicOf(received.fields.exchange);
    const [first] = subscription.topics;
    if (topic === undefined) {
      return { received, topic: first as Topic, why: { foreign: 'it came by the exchange of no topic' } };
    }
    const message = decodeRecord(topic, recordOf(received));
    if ('foreign' in message) return { received, topic, why: message };
    const home = partitionOf(message.orderId, partitions);
    if (home === partition) return message;
    return { received, topic, why: { foreign: `its order belongs in partition ${home}` } };
  };

  /** What comes next of a lane: looked at, and what of it the group handles. */
  const gather = ({ waiting }: Lane, partition: number) => {
    const looked: Entry[] = [];
    const messages: RawMessage[] = [];
    const foreign: Unread[] = [];
    for (const entry of waiting) {
      const { received } = entry;
      const message = read(received, partition);
      if ('why' in message) foreign.push(message);
      else {
        try {
          if (subscription.accepts(message)) {
            messages.push(message);
            inHand.set(message.id, received);
          }
        } catch (error) {
          // What this process does not know yet waits, and all that is behind it; what is before it does not.
          if (looked.length === 0) throw error;
          break;
        }
      }
      looked.push(entry);
      if (messages.length >= maxMessagesPerDelivery) break;
    }
    return { looked, messages, foreign };
  };

  const parkForeign = async ({ received, topic, why }: Unread) => {
    const id = foreignIdOf(received);
    if (subscription.parkForeign === undefined) {
      logger.warn('foreign record passed by', { group, messageId: id, reason: why.foreign });
      return;
    }
    inHand.set(id, received);
    try {
      await subscription.parkForeign(describeForeign(id, topic, why, recordOf(received)));
    } finally {
      inHand.delete(id);
    }
  };

  const step = async (lane: Lane, partition: number) => {
    const { looked, messages, foreign } = gather(lane, partition);
    try {
      for (const unread of foreign) await parkForeign(unread);
      const handled = messages.length === 0 || (await subscription.handle({ partition, messages, offsets: [] }));
      if (handled === 'stale' || lane.isReset) return;
      lane.waiting.splice(0, looked.length);
      for (const { acknowledge } of looked) acknowledge();
    } finally {
      for (const { id } of messages) inHand.delete(id);
    }
  };

  const run = async (partition: number) => {
    let failures = 0;
    // What came in one piece is delivered together.
    await clock.nextTurn();
    for (;;) {
      const lane = laneOf(partition);
      if (lane.waiting.length === 0 || stopping.signal.aborted) return;
      try {
        await step(lane, partition);
        failures = 0;
      } catch (error) {
        failures += 1;
        logger.warn('delivery will be tried again', { group, partition, attempt: failures, err: error });
        await clock.sleep(Math.min(retryCapMs, retryBaseMs * 2 ** (failures - 1)), stopping.signal);
      }
    }
  };

  const wake = (partition: number) => {
    if (stopping.signal.aborted || loops.has(partition)) return;
    const loop = run(partition).finally(() => {
      loops.delete(partition);
      if (laneOf(partition).waiting.length > 0) wake(partition);
    });
    loops.set(partition, loop);
  };

  return {
    push(partition, received, acknowledge) {
      if (stopping.signal.aborted) return;
      laneOf(partition).waiting.push({ received, acknowledge });
      wake(partition);
    },
    reset() {
      for (const lane of lanes.values()) lane.isReset = true;
      lanes.clear();
    },
    originOf: (messageId) => inHand.get(messageId),
    async stop() {
      stopping.abort();
      await Promise.all(loops.values());
    },
  };
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
