import { causeOfMessage, isMessageType, type RawMessage, type Topic, topicOf, wireTypeOf } from '@checkout/contracts';
import type { ForeignRecord } from '../bus.port.ts';
import { isOrderId, isTraceparent, type MessageId, parseInstant, toInstant } from '@checkout/kernel';

/** A message as a broker carries it: CloudEvents 1.0 in binary mode, its attributes as headers, its data as the value. */
export type WireRecord = {
  /** The order id. */
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, UTF-8. */
  readonly value: Buffer;
};

/** What a broker hands over, before anyone trusted it. Clients give a header's bytes, its text, or a list when it is there twice. */
export type ReceivedRecord = {
  readonly key?: Buffer | string | null | undefined;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  readonly value: Buffer | null;
};

/** A record that is no message of ours: why, in words that repeat nothing of it. */
export type Foreign = { readonly foreign: string };

const contentType = 'application/json';
const typePattern = /^checkout\.([a-z]+)\.v([1-9]\d{0,3})\.([A-Z][A-Za-z0-9]{0,99})$/;
const causationPattern = /^[0-9a-f]{32}$/;
/** A request id has 64 characters at most and an order id has 36; what is longer would not fit the log. */
const maxCorrelationCharacters = 128;
/** Deeper values are no message of ours, and whoever writes them down again would run out of stack. */
const maxDepth = 64;
/** What is kept of a foreign record: enough to see whose it is. */
const maxForeignHeaders = 32;
const maxForeignHeaderCharacters = 256;
const maxForeignValueCharacters = 16_384;
const maxForeignTypeCharacters = 128;

/** @throws Error when the type is not one of the contracts: nobody could read it. */
export function encodeMessage(message: RawMessage): WireRecord {
  const { id, type, orderId, data, causationId, correlationId, traceparent, recordedAt } = message;
  if (!isMessageType(type)) throw new Error(`no message has the type ${type}`);
  return {
    key: orderId,
    headers: {
      ce_specversion: '1.0',
      ce_id: id,
      ce_type: wireTypeOf(type),
      ce_source: `/checkout/${id.slice(0, id.indexOf('/'))}`,
      ce_subject: orderId,
      ce_time: toInstant(recordedAt),
      ce_causationid: causationId,
      ce_correlationid: escapeText(correlationId),
      ...(traceparent !== undefined && { traceparent }),
      'content-type': contentType,
    },
    value: Buffer.from(JSON.stringify(data), 'utf8'),
  };
}

/**
 * Reads a record of a topic. Never throws. A record that names a message and its order is a message even when its value
 * cannot be read: the value's text stands for its data then and fits no contract, so that the consumer parks the message at
 * its place in its order. A type or a version of a newer release is a message as well, of a type that nobody here knows.
 */
export function decodeRecord(topic: Topic, record: ReceivedRecord): RawMessage | Foreign {
  const { headers = {}, value } = record;
  const id = textOf(headers['ce_id']);
  if (id === undefined || !isMessageId(id)) return { foreign: 'ce_id is not the id of a message' };
  const orderId = textOf(headers['ce_subject']);
  if (orderId === undefined || !isOrderId(orderId)) return { foreign: 'ce_subject is not the id of an order' };
  const [, service, version, name] = typePattern.exec(textOf(headers['ce_type']) ?? '') ?? [];
  if (service === undefined || name === undefined) return { foreign: 'ce_type is not the type of a message' };
  if (service !== serviceOf(topic) || (version === '1' && isMessageType(name) && topicOf(name) !== topic)) {
    return { foreign: `the type ${name} of ${service} does not belong on ${topic}` };
  }
  return {
    id,
    type: version === '1' ? name : `${name}.v${version}`,
    topic,
    orderId,
    data: dataOf(value),
    ...contextOf(headers, orderId),
  };
}

/**
 * A foreign record as texts, for the list of dead letters.
 *
 * @param id the same each time the record comes
 */
export function describeForeign(
  id: string,
  topic: Topic,
  { foreign: reason }: Foreign,
  { key, headers = {}, value }: ReceivedRecord,
): ForeignRecord {
  const cut = (text: string, characters: number) => text.slice(0, characters).toWellFormed();
  const texts = Object.entries(headers)
    .slice(0, maxForeignHeaders)
    .map(([name, header]) => [
      cut(name, maxForeignHeaderCharacters),
      cut(textOf(header) ?? '', maxForeignHeaderCharacters),
    ]);
  return {
    id,
    topic,
    type: cut(textOf(headers['ce_type']) ?? '', maxForeignTypeCharacters),
    reason,
    record: {
      key: key === null || key === undefined ? null : cut(key.toString(), maxForeignHeaderCharacters),
      headers: Object.fromEntries(texts) as Record<string, string>,
      value: value === null ? null : cut(value.toString('utf8'), maxForeignValueCharacters),
    },
  };
}

/** `payment` of `checkout.payment.events`. */
const serviceOf = (topic: Topic): string => topic.slice('checkout.'.length, topic.lastIndexOf('.'));

function isMessageId(text: string): text is MessageId {
  try {
    return causeOfMessage(text as MessageId) !== '';
  } catch {
    return false;
  }
}

/**
 * A context that cannot be read is replaced, and the message is still one. One without a time counts as old: its sender's
 * provider is asked before anything is sent.
 */
function contextOf(headers: Readonly<Record<string, unknown>>, orderId: string) {
  const causationId = textOf(headers['ce_causationid']) ?? '';
  const correlationId = unescapeText(textOf(headers['ce_correlationid']) ?? '');
  const traceparent = textOf(headers['traceparent']);
  const isCorrelated = correlationId !== '' && correlationId.length <= maxCorrelationCharacters;
  return {
    causationId: causationPattern.test(causationId) ? causationId : '0'.repeat(32),
    correlationId: isCorrelated ? correlationId : orderId,
    traceparent: traceparent !== undefined && isTraceparent(traceparent) ? traceparent : undefined,
    recordedAt: parseInstant(textOf(headers['ce_time']) ?? '') ?? 0,
  };
}

function dataOf(value: Buffer | null): unknown {
  if (value === null) return null;
  const text = value.toString('utf8');
  try {
    const data = JSON.parse(text) as unknown;
    return isShallow(data, maxDepth) ? data : text;
  } catch {
    return text;
  }
}

function isShallow(value: unknown, depth: number): boolean {
  if (value === null || typeof value !== 'object') return true;
  return depth > 0 && Object.values(value).every((inner) => isShallow(inner, depth - 1));
}

/** `undefined` for a header that is absent, is there twice, or has no text. */
function textOf(header: unknown): string | undefined {
  if (typeof header === 'string') return header;
  return Buffer.isBuffer(header) ? header.toString('utf8') : undefined;
}

/** Headers are UTF-8, which has no half surrogate pairs: they travel as `%uD800`, and a percent sign as `%25`. */
function escapeText(text: string): string {
  if (!text.includes('%') && text.isWellFormed()) return text;
  return text
    .replaceAll('%', '%25')
    .replaceAll(/\p{Cs}/gu, (half) => `%u${half.charCodeAt(0).toString(16).toUpperCase()}`);
}

function unescapeText(text: string): string {
  if (!text.includes('%')) return text;
  return text.replaceAll(/%25|%u(D[89A-F][0-9A-F]{2})/g, (_, half?: string) =>
    half === undefined ? '%' : String.fromCharCode(Number.parseInt(half, 16)),
  );
}
