import { z } from 'zod';
import { type MessageType, messages, type ServiceName, type Since, type Topic, wireTypeOf } from './messages.ts';

/** JSON Schema, draft 7. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** All that others rely on when they read or send a message, as plain JSON. */
export type MessageDescription = Since & {
  /** On the wire, the version in it: `checkout.payment.v1.CapturePayment`. */
  readonly type: string;
  readonly producer: ServiceName;
  readonly topic: Topic;
  /** The header whose text is the record's key. */
  readonly key: 'ce_subject';
  readonly headers: JsonSchema;
  readonly payload: JsonSchema;
};

/**
 * Describes a message from the schema that reads it, so that it cannot say anything else.
 *
 * @throws Error when the schema asks for more than a JSON Schema can say: other programs could not know of it
 */
export function describeMessage(type: MessageType): MessageDescription {
  const { producer, topic, readSince, writtenSince } = messages[type];
  return {
    type: wireTypeOf(type),
    producer,
    topic,
    key: 'ce_subject',
    readSince,
    writtenSince,
    headers: headersOf(type, producer),
    payload: jsonSchemaOf(messages[type].schema, type),
  };
}

/** CloudEvents 1.0 in binary mode; the attributes that CloudEvents does not know are extensions of it. */
function headersOf(type: MessageType, producer: ServiceName): JsonSchema {
  return {
    type: 'object',
    properties: {
      ce_specversion: { type: 'string', const: '1.0' },
      ce_id: {
        type: 'string',
        pattern: '^[a-z]+(/(0|[1-9][0-9]*)){4}$',
        description: 'The message’s place in its producer’s log. The same message has the same id each time it comes.',
      },
      ce_type: { type: 'string', const: wireTypeOf(type) },
      ce_source: { type: 'string', const: `/checkout/${producer}` },
      ce_subject: { type: 'string', format: 'uuid', description: 'The order.' },
      ce_time: { type: 'string', format: 'date-time', description: 'When the producer recorded it.' },
      ce_causationid: { type: 'string', pattern: '^[0-9a-f]{32}$', description: 'What it follows from.' },
      ce_correlationid: {
        type: 'string',
        minLength: 1,
        description: 'The request that began it all. A percent sign is `%25`, half of a surrogate pair `%uD800`.',
      },
      traceparent: { type: 'string', description: 'W3C trace context.' },
      'content-type': { type: 'string', const: 'application/json' },
    },
    required: [
      'ce_specversion',
      'ce_id',
      'ce_type',
      'ce_source',
      'ce_subject',
      'ce_time',
      'ce_causationid',
      'ce_correlationid',
      'content-type',
    ],
  };
}

/** What a JSON Schema says as exactly as zod does. */
const plainTypes: ReadonlySet<string> = new Set([
  'any',
  'array',
  'boolean',
  'default',
  'enum',
  'literal',
  'null',
  'nullable',
  'number',
  'object',
  'optional',
  'record',
  'string',
  'union',
  'unknown',
]);
/** Checks that are code. */
const codedChecks: ReadonlySet<string> = new Set(['custom', 'overwrite']);

/** @throws Error for a schema with code in it */
export function jsonSchemaOf(schema: z.ZodType, name: string): JsonSchema {
  const { $schema: _draft, ...described } = z.toJSONSchema(schema, {
    target: 'draft-7',
    // What a reader takes, not what it makes of it: unknown fields are taken, and left out.
    io: 'input',
    override({ zodSchema: { _zod: schemaParts } }) {
      const { type, checks = [], coerce = false } = schemaParts.def as z.core.$ZodTypeDef & { coerce?: boolean };
      const isCoded = checks.some(({ _zod: { def } }) => codedChecks.has(def.check));
      if (!plainTypes.has(type) || isCoded || coerce) {
        throw new Error(
          `${name}: a ${type} that does more than a JSON Schema can say, and others would not know of it`,
        );
      }
    },
  });
  return described;
}
