import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jsonSchemaOf } from './describe-message.ts';
import { describeMessage } from './index.ts';

describe('the description of a message', () => {
  it('says where it goes, under which name, and what it holds', () => {
    expect(describeMessage('CapturePayment')).toMatchObject({
      type: 'checkout.payment.v1.CapturePayment',
      producer: 'orchestrator',
      topic: 'checkout.payment.commands',
      key: 'ce_subject',
      headers: { properties: { ce_source: { const: '/checkout/orchestrator' } } },
      payload: {
        type: 'object',
        properties: { attempt: { type: 'integer', minimum: 1 } },
        required: ['attempt'],
      },
    });
  });

  it('leaves its objects open, as its readers do', () => {
    expect(JSON.stringify(describeMessage('OrderCreated'))).not.toContain('additionalProperties');
  });
});

describe('a schema', () => {
  it.each([
    ['an amount in a range', z.int().min(1)],
    ['a text or nothing', z.string().max(3).nullable().optional()],
    ['a list of words', z.array(z.enum(['a', 'b'])).min(1)],
    ['a table', z.record(z.string(), z.boolean())],
  ])('of %s can be told', (_what, schema) => {
    expect(() => jsonSchemaOf(z.object({ field: schema }), 'Any')).not.toThrow();
  });

  it.each([
    ['a check of its own', z.string().refine((text) => text !== 'no')],
    ['a change of what it reads', z.string().transform((text) => text.length)],
    ['blanks that it forgives', z.string().trim()],
    ['a guess at what was meant', z.coerce.number()],
    ['a fault that it forgives', z.string().catch('')],
  ])('with %s is refused, at any depth', (_what, schema) => {
    expect(() => jsonSchemaOf(z.object({ list: z.array(z.object({ field: schema })) }), 'Any')).toThrow(
      /^Any: a \w+ that does more than a JSON Schema can say/,
    );
  });
});
