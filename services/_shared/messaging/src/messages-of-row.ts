import { formatMessageId, isMessageType, type RawMessage, type ServiceName, topicOf } from '@checkout/contracts';
import { epochOf, type LogIdentity, type LogRow } from '@checkout/event-log';
import { TransientError } from './errors.ts';

/**
 * The log row is the outbox row: its own event, when it is published, then the messages that it emits.
 * @throws TransientError when it emits a type that this process does not know: a newer release wrote it.
 */
export function messagesOfRow(identity: LogIdentity, row: LogRow): RawMessage[] {
  const messages: RawMessage[] = [];
  const add = (index: number, type: string, data: unknown) => {
    if (!isMessageType(type)) return;
    messages.push({
      id: formatMessageId({
        service: identity.service as ServiceName,
        epoch: epochOf(identity, row),
        partition: row.partition,
        position: row.position,
        index,
      }),
      type,
      topic: topicOf(type),
      orderId: row.streamId,
      data,
      causationId: row.causeId,
      correlationId: row.correlationId,
      traceparent: row.traceparent,
      recordedAt: row.recordedAt,
    });
  };
  add(0, row.type, row.data);
  row.emits.forEach((emit, index) => {
    if (!isMessageType(emit.type)) throw new TransientError(`message type ${emit.type} is newer than this process`);
    add(index + 1, emit.type, emit.data);
  });
  return messages;
}
