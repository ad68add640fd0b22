import type { RawMessage } from '@checkout/contracts';
import type { Clock } from '@checkout/kernel';
import { beginSpan, endWith, type WorkSpan } from '@checkout/telemetry';
import type { Publisher } from './relay.ts';
import type { WorkDescription } from './work-spans.ts';

/** What a trace shows of the handling of a message. */
export function describeHandling(group: string, message: RawMessage, now: number): WorkDescription {
  const attributes = {
    ...attributesOf(message, now),
    'messaging.consumer.group.name': group,
    'messaging.operation.type': 'process',
  };
  return { name: `process ${message.type}`, kind: 'consumer', attributes };
}

/**
 * A publisher whose messages carry on their traces: each has a span, until the broker has it, and whoever handles the message
 * goes on from that.
 */
export function tracePublisher(
  publisher: Publisher,
  { service, clock }: { readonly service: string; readonly clock: Pick<Clock, 'now'> },
): Publisher {
  return {
    publish(partition, messages) {
      const spans: WorkSpan[] = [];
      const traced = messages.map((message) => {
        const span = beginSpan(() => describePublication(service, message, clock.now()));
        if (span === undefined) return message;
        spans.push(span);
        return { ...message, traceparent: span.traceparent };
      });
      const published = publisher.publish(partition, traced);
      if (spans.length > 0) endWith(spans, published, 'not acknowledged');
      return published;
    },
  };
}

function describePublication(service: string, message: RawMessage, now: number) {
  const attributes = { ...attributesOf(message, now), 'messaging.operation.type': 'send' };
  return { name: `send ${message.type}`, kind: 'producer' as const, service, parent: message.traceparent, attributes };
}

function attributesOf({ id, topic, type, orderId, recordedAt }: RawMessage, now: number) {
  return {
    'messaging.destination.name': topic,
    'messaging.message.id': id,
    'checkout.message.type': type,
    'checkout.order.id': orderId,
    // By two machines' clocks, when the database has one of its own.
    'checkout.message.age_ms': Math.max(0, now - recordedAt),
  };
}
