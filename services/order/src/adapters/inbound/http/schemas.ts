import { z } from '@hono/zod-openapi';
import { failureCodes } from '@checkout/contracts';
import {
  maxItems,
  maxNameCharacters,
  maxQuantity,
  maxTokenCharacters,
  maxUnitPrice,
} from '../../../domain/placement-rules.ts';

const name = (example: string) => z.string().openapi({ minLength: 1, maxLength: maxNameCharacters, example });

/**
 * Shapes only. The limits are documented here and checked by the domain, which names each broken rule with a code of its
 * own.
 */
export const PlaceOrderBody = z
  .strictObject({
    userId: name('u-1'),
    currency: z.string().openapi({ pattern: '^[A-Z]{3}$', example: 'EUR', description: 'ISO 4217.' }),
    items: z
      .array(
        z.strictObject({
          productId: name('sku-1'),
          quantity: z.number().openapi({ type: 'integer', minimum: 1, maximum: maxQuantity, example: 2 }),
          unitPrice: z.number().openapi({
            type: 'integer',
            minimum: 1,
            maximum: maxUnitPrice,
            example: 1999,
            description: 'Minor units: 1999 is 19.99.',
          }),
        }),
      )
      .openapi({ minItems: 1, maxItems, description: 'A product may occur once.' }),
    total: z.number().optional().openapi({
      type: 'integer',
      description: 'Minor units. The server computes it; a different one is refused.',
    }),
    paymentToken: z.string().openapi({
      minLength: 1,
      maxLength: maxTokenCharacters,
      example: 'tok_approve',
      description: 'The payment provider’s token. Card numbers are refused everywhere.',
    }),
    shippingAddress: z.strictObject({
      name: name('A. Buyer'),
      line1: name('Street 1'),
      line2: name('Back door').optional(),
      city: name('Town'),
      region: name('BE').optional(),
      postalCode: name('10115'),
      country: z.string().openapi({ pattern: '^[A-Z]{2}$', example: 'DE', description: 'ISO 3166-1 alpha-2.' }),
    }),
  })
  .openapi('PlaceOrder', {
    example: {
      userId: 'u-1',
      currency: 'EUR',
      items: [{ productId: 'sku-1', quantity: 2, unitPrice: 1999 }],
      paymentToken: 'tok_approve',
      shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode: '10115', country: 'DE' },
    },
  });

export const orderStatuses = ['CREATED', 'PAID', 'SHIPPED', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;

export const OrderSchema = z
  .object({
    id: z.string().openapi({ format: 'uuid' }),
    userId: z.string(),
    status: z.enum(orderStatuses),
    currency: z.string(),
    items: z.array(z.object({ productId: z.string(), quantity: z.int(), unitPrice: z.int() })).readonly(),
    total: z.int(),
    cancellation: z.enum(['none', 'requested', 'refused']),
    failure: z
      .object({ code: z.enum(failureCodes), step: z.string(), detail: z.string() })
      .optional()
      .openapi({ description: 'Why it is FAILED or CANCELLED.' }),
    version: z.int(),
    createdAt: z.string().openapi({ format: 'date-time' }),
    updatedAt: z.string().openapi({ format: 'date-time' }),
  })
  .openapi('Order');

export const HistoryEventSchema = z
  .object({
    version: z.int(),
    type: z.string(),
    data: z.looseObject({}).openapi({ type: 'object', additionalProperties: true }),
    recordedAt: z.string().openapi({ format: 'date-time' }),
  })
  .openapi('OrderEvent');
