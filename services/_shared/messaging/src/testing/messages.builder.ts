import {
  formatMessageId,
  type MessageData,
  type MessageType,
  producerOf,
  type RawMessage,
  topicOf,
} from '@checkout/contracts';
import { causeOf, type OrderId, partitionOf } from '@checkout/kernel';

/** Builds a message as a bus hands it over; `data` may be wrong on purpose. */
export type MessageBuilder = <Type extends MessageType>(
  type: Type,
  orderId: OrderId,
  data: MessageData<Type> | { readonly broken: unknown },
) => RawMessage;

/** Messages that have a place of their own in their producer's log each, in the order in which they are built. */
export function createMessageBuilder(partitions: number): MessageBuilder {
  let position = 0;
  return (type, orderId, data) => {
    position += 1;
    const topic = topicOf(type);
    const partition = partitionOf(orderId, partitions);
    return {
      id: formatMessageId({ service: producerOf(topic), epoch: 1, partition, position, index: 0 }),
      type,
      topic,
      orderId,
      data,
      causationId: causeOf('test', position),
      correlationId: `request of ${orderId}`,
      recordedAt: Date.UTC(2026, 0, 1) + position,
    };
  };
}
