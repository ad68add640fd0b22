import { describeMessage, messages, type MessageType, services, topicOf } from '@checkout/contracts';
import { anOrder } from '@checkout/event-log/testing';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { describeMessaging } from './describe-messaging.ts';
import { encodeMessage } from './wire.ts';

const ajv = new Ajv({ validateFormats: false });
const partitions = 16;

describe('what a service sends and receives', () => {
  it('is for a participant its commands, its events and the copies of its dead letters', () => {
    const { operations, channels } = describeMessaging('payment', { partitions });

    expect(Object.keys(operations)).toEqual([
      'payment.sends.checkout.payment.events',
      'payment.receives.checkout.payment.commands',
      'payment.sends.checkout.payment.commands.payment.dlt',
    ]);
    expect(channels['checkout.payment.commands']).toMatchObject({
      address: 'checkout.payment.commands',
      messages: { CapturePayment: { $ref: '#/components/messages/CapturePayment' } },
      bindings: { kafka: { partitions } },
    });
  });

  it('covers every message once it is told of all services', () => {
    const sent = services.flatMap((service) =>
      Object.values(describeMessaging(service, { partitions }).operations).flatMap((operation) => {
        const { action, messages: refs } = operation as { action: string; messages: { $ref: string }[] };
        return action === 'send' ? refs.map(({ $ref }) => $ref.slice($ref.lastIndexOf('/') + 1)) : [];
      }),
    );
    const isCopy = (name: string) => name === 'DeadLetterCopy';

    expect(sent.filter((name) => !isCopy(name)).toSorted()).toEqual(Object.keys(messages).toSorted());
    expect(sent.filter(isCopy)).toHaveLength(8);
  });

  it('is said in the same words by all who share it', () => {
    const all = services.map((service) => describeMessaging(service, { partitions }));
    for (const { channels, components } of all) {
      for (const other of all) {
        for (const name of Object.keys(channels))
          expect(other.channels[name] ?? channels[name]).toEqual(channels[name]);
        for (const name of Object.keys(components.messages)) {
          expect(other.components.messages[name] ?? components.messages[name]).toEqual(components.messages[name]);
        }
      }
    }
  });
});

describe('a message on the wire', () => {
  it.each(Object.keys(messages) as MessageType[])(
    '%s has the key and the headers that its description says',
    (type) => {
      const { key: keyHeader, headers: headersSchema } = describeMessage(type);
      const { key, headers } = encodeMessage({
        id: `${messages[type].producer}/0/15/1/0` as never,
        type,
        topic: topicOf(type),
        orderId: anOrder(2, 7),
        data: {},
        causationId: '0'.repeat(32),
        correlationId: 'request-1',
        traceparent: undefined,
        recordedAt: 1_767_225_600_000,
      });

      expect(key).toBe(headers[keyHeader]);
      expect(ajv.compile(headersSchema)(headers), JSON.stringify(ajv.errors)).toBe(true);
      const { [keyHeader]: _key, ...without } = headers;
      expect(ajv.compile(headersSchema)(without)).toBe(false);
    },
  );
});
