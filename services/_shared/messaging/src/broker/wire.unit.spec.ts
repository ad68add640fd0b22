import {
  formatMessageId,
  isMessageType,
  messages,
  type MessageType,
  producerOf,
  type RawMessage,
  readMessage,
  type Topic,
  topicOf,
} from '@checkout/contracts';
import { anOrder } from '@checkout/event-log/testing';
import { causeOf } from '@checkout/kernel';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMessageBuilder } from '../testing/messages.builder.ts';
import { decodeRecord, describeForeign, encodeMessage, type ReceivedRecord, type WireRecord } from './wire.ts';

const types = Object.keys(messages) as MessageType[];
const build = createMessageBuilder(4);
const capture = build('CapturePayment', anOrder(2, 7), { attempt: 1 });

/** Any code units, halves of surrogate pairs among them. */
const anyText = fc
  .array(fc.oneof(fc.nat({ max: 0xffff }), fc.integer({ min: 0xd800, max: 0xdfff }), fc.constantFrom(0x25, 0x75)))
  .map((units) => String.fromCharCode(...units));
/** JSON without -0, which JSON does not know. */
const anyData = fc.jsonValue({ stringUnit: 'binary' }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

const anyMessage: fc.Arbitrary<RawMessage> = fc
  .record({
    type: fc.constantFrom(...types),
    order: fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 1_000 })),
    epoch: fc.nat({ max: 2 ** 16 - 1 }),
    position: fc.maxSafeNat(),
    index: fc.nat({ max: 2 ** 24 - 1 }),
    data: fc.oneof(anyData, fc.dictionary(anyText, anyText)),
    correlationId: anyText.filter((text) => text !== '' && text.length <= 128),
    traceparent: fc.constantFrom(undefined, `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`),
    recordedAt: fc.nat({ max: 4_102_444_800_000 }),
  })
  .map(({ type, order: [partition, number], epoch, position, index, ...rest }) => ({
    id: formatMessageId({ service: producerOf(topicOf(type)), epoch, partition, position, index }),
    type,
    topic: topicOf(type),
    orderId: anOrder(partition, number),
    causationId: causeOf('test', position),
    ...rest,
  }));

/** What a broker makes of a record: headers are bytes, and so is the key. */
const received = ({ key, headers, value }: WireRecord): ReceivedRecord => ({
  key: Buffer.from(key),
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text, 'utf8')])),
  value,
});

const tampered = (headers: Readonly<Record<string, unknown>>, value?: Buffer | null): ReceivedRecord => {
  const record = received(encodeMessage(capture));
  return { ...record, headers: { ...record.headers, ...headers }, value: value === undefined ? record.value : value };
};

describe('a message on the wire', () => {
  it('is a CloudEvent in binary mode', () => {
    const { key, headers, value } = encodeMessage({ ...capture, traceparent: 'a trace' });
    expect(key).toBe(capture.orderId);
    expect(headers).toEqual({
      ce_specversion: '1.0',
      ce_id: capture.id,
      ce_type: 'checkout.payment.v1.CapturePayment',
      ce_source: '/checkout/orchestrator',
      ce_subject: capture.orderId,
      ce_time: '2026-01-01T00:00:00.001Z',
      ce_causationid: capture.causationId,
      ce_correlationid: capture.correlationId,
      traceparent: 'a trace',
      'content-type': 'application/json',
    });
    expect(value.toString()).toBe('{"attempt":1}');
  });

  it('has no header for a trace that it does not have', () => {
    expect(encodeMessage(capture).headers).not.toHaveProperty('traceparent');
  });

  it.each(types)('%s comes back from its own topic', (type) => {
    const message = build(type, anOrder(1, 3), { broken: 'any' });
    expect(decodeRecord(message.topic, received(encodeMessage(message)))).toEqual(message);
  });

  it('comes back as it was, whatever its data and its request id', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(decodeRecord(message.topic, received(encodeMessage(message)))).toEqual(message);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is read the same when a client gives headers as text', () => {
    expect(decodeRecord(capture.topic, encodeMessage(capture))).toEqual({ ...capture, traceparent: undefined });
  });

  it('is not sent under a type that nobody could read', () => {
    expect(() => encodeMessage({ ...capture, type: 'SplitPayment' })).toThrow('no message has the type SplitPayment');
  });
});

describe('a value that cannot be read', () => {
  it.each([
    ['no JSON', Buffer.from('{"attempt":'), '{"attempt":'],
    ['no text at all', Buffer.from([0xff, 0xfe]), '\uFFFD\uFFFD'],
    ['empty', Buffer.alloc(0), ''],
    ['absent', null, null],
    [
      'JSON of endless depth',
      Buffer.from('['.repeat(20_000) + ']'.repeat(20_000)),
      expect.stringMatching(/^\[{20000}\]/),
    ],
  ])('because it is %s leaves the message in its order, with data that no contract takes', (_what, value, data) => {
    for (const type of types) {
      const message = build(type, anOrder(1, 3), { broken: 'any' });
      const read = decodeRecord(message.topic, { ...received(encodeMessage(message)), value });
      expect(read).toEqual({ ...message, data });
      expect(readMessage(read as RawMessage & { type: MessageType })).toHaveProperty('unreadable');
    }
  });

  it('is still something that can be written down', () => {
    const read = decodeRecord(
      capture.topic,
      tampered({}, Buffer.from(`${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`)),
    );
    expect(() => JSON.stringify(read)).not.toThrow();
  });
});

describe('what a newer release sends', () => {
  it.each([
    ['a type', 'checkout.payment.v1.SplitPayment', 'SplitPayment'],
    ['a version of a type', 'checkout.payment.v2.CapturePayment', 'CapturePayment.v2'],
  ])('under %s that is not known here is a message of a type that is not known here', (_what, ce_type, type) => {
    expect(isMessageType(type)).toBe(false);
    expect(decodeRecord(capture.topic, tampered({ ce_type }))).toEqual({ ...capture, type });
  });
});

describe('a record of somebody else', () => {
  it.each([
    ['has no headers', { headers: {}, value: Buffer.from('{}') }, 'ce_id is not the id of a message'],
    ['has no id', tampered({ ce_id: undefined }), 'ce_id is not the id of a message'],
    ['has an id of another kind', tampered({ ce_id: 'order/0/1/03/0' }), 'ce_id is not the id of a message'],
    [
      'has two ids',
      tampered({ ce_id: [Buffer.from('order/0/1/3/0'), Buffer.from('order/0/1/4/0')] }),
      'ce_id is not the id of a message',
    ],
    ['names no order', tampered({ ce_subject: undefined }), 'ce_subject is not the id of an order'],
    ['names no order of ours', tampered({ ce_subject: 'ORDER-1' }), 'ce_subject is not the id of an order'],
    ['has no type', tampered({ ce_type: undefined }), 'ce_type is not the type of a message'],
    ['has a type of another kind', tampered({ ce_type: 'com.example.Paid' }), 'ce_type is not the type of a message'],
    [
      'has version 0',
      tampered({ ce_type: 'checkout.payment.v0.CapturePayment' }),
      'ce_type is not the type of a message',
    ],
    [
      'belongs to another service',
      tampered({ ce_type: 'checkout.order.v1.OrderPaid' }),
      'the type OrderPaid of order does not belong on checkout.payment.commands',
    ],
    [
      'belongs on another topic of the service',
      tampered({ ce_type: 'checkout.payment.v1.PaymentCaptured' }),
      'the type PaymentCaptured of payment does not belong on checkout.payment.commands',
    ],
  ])('that %s is said to be foreign, and why', (_what, record, foreign) => {
    expect(decodeRecord('checkout.payment.commands', record)).toEqual({ foreign });
  });

  it('is never more than that, whatever it holds', () => {
    const topics: readonly Topic[] = [...new Set(types.map(topicOf))];
    const anyBytes = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
    const anyHeader = fc.oneof(anyText, anyBytes, fc.array(anyBytes), fc.anything());
    const names = Object.keys(tampered({}).headers ?? {});
    const anyRecord = fc
      .tuple(fc.dictionary(fc.constantFrom(...names), anyHeader), fc.option(anyBytes))
      .map(([headers, value]) => tampered(headers, value));
    fc.assert(
      fc.property(fc.constantFrom(...topics), anyRecord, (topic, record) => {
        const read = decodeRecord(topic, record);
        if ('foreign' in read) return;
        expect(read.correlationId.length).toBeLessThanOrEqual(128);
        expect(read.causationId).toMatch(/^[0-9a-f]{32}$/);
        expect(Number.isSafeInteger(read.recordedAt)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the description of a foreign record', () => {
  it('is made of its texts', () => {
    const record = { key: Buffer.from('k'), headers: { ce_type: Buffer.from('paid'), twice: ['a', 'b'] }, value: null };
    expect(describeForeign('t/0/1', capture.topic, { foreign: 'why' }, record)).toEqual({
      id: 't/0/1',
      topic: capture.topic,
      type: 'paid',
      reason: 'why',
      record: { key: 'k', headers: { ce_type: 'paid', twice: '' }, value: null },
    });
  });

  it('stays small, and can be written down as JSON that a database takes', () => {
    const noise = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 256));
    const headers = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`h${index}${noise.toString()}`, noise]),
    );
    const record = { key: noise, headers: { ce_type: noise, ...headers }, value: noise };
    const described = describeForeign('t/0/1', capture.topic, { foreign: 'why' }, record);
    expect(JSON.stringify(described).length).toBeLessThan(250_000);
    expect(described.type.length).toBeLessThanOrEqual(128);
    expect(JSON.stringify(described)).not.toMatch(/\\ud[89a-f]/i);
  });
});

describe('a context that cannot be read', () => {
  it('does not keep a message from being one', () => {
    const lost = { ce_causationid: 'x', ce_correlationid: undefined, traceparent: '00-0', ce_time: 'yesterday' };
    expect(decodeRecord(capture.topic, tampered(lost))).toEqual({
      ...capture,
      causationId: '0'.repeat(32),
      correlationId: capture.orderId,
      traceparent: undefined,
      recordedAt: 0,
    });
  });

  it('gives way to the order when a request id would not fit the log', () => {
    const read = decodeRecord(capture.topic, tampered({ ce_correlationid: 'x'.repeat(129) }));
    expect(read).toMatchObject({ correlationId: capture.orderId });
  });
});
