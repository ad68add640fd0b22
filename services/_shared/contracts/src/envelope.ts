import type { MessageId, OrderId } from '@checkout/kernel';
import type { MessageType, Outgoing, Topic } from './messages.ts';
import { messages } from './messages.ts';

/** A message as the bus hands it over, before anyone trusted its data. */
export type RawMessage = {
  readonly id: MessageId;
  readonly type: string;
  readonly topic: Topic;
  readonly orderId: OrderId;
  readonly data: unknown;
  /** The `cause_id` of the row that sent it, 32 hex digits. */
  readonly causationId: string;
  /** The request that began it all, the same on everything that follows from it. */
  readonly correlationId: string;
  /** W3C trace context, when the sender was traced. */
  readonly traceparent?: string | undefined;
  /** When the producer's log recorded it, Unix milliseconds by that database's clock. */
  readonly recordedAt: number;
};

/** A message whose data has been checked against its schema. */
export type Message<Type extends MessageType = MessageType> = {
  [Each in Type]: Omit<RawMessage, 'type' | 'data'> & Outgoing<Each>;
}[Type];

/** Checks a message's data against its contract; unknown fields are dropped. The error is for people: it has no values. */
export function readMessage(
  raw: RawMessage & { readonly type: MessageType },
): Message | { readonly unreadable: string } {
  const parsed = messages[raw.type].schema.safeParse(raw.data);
  if (parsed.success) return { ...raw, data: parsed.data } as Message;
  return {
    unreadable: parsed.error.issues.map((issue) => `/${issue.path.join('/')}: ${issue.code}`).join(', '),
  };
}
