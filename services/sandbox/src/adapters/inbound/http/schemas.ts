import { z } from '@hono/zod-openapi';
import { isCurrency } from '@checkout/kernel';

export const tag = 'sandbox';

const maxReferenceCharacters = 128;
const maxTextCharacters = 256;
const maxItems = 200;

export const text = z.string().min(1).max(maxTextCharacters);

/** The shop's own name for the thing: an order id, but a provider does not know that. */
export const reference = z
  .string()
  .min(1)
  .max(maxReferenceCharacters)
  .openapi({ example: '0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01' });

export const charge = {
  reference,
  amount: z.int().min(1).openapi({ description: 'Minor units.', example: 3998 }),
  currency: z
    .string()
    .refine(isCurrency, { message: 'expected a current ISO 4217 code' })
    .openapi({ pattern: '^[A-Z]{3}$', example: 'EUR' }),
};

export const address = z.strictObject({
  name: text,
  line1: text,
  line2: text.optional(),
  city: text,
  region: text.optional(),
  postalCode: text,
  country: text,
});

export const parcelItems = z
  .array(z.strictObject({ productId: text, quantity: z.int().min(1) }))
  .min(1)
  .max(maxItems);

export const referenceParams = z.object({ reference });

export const shipmentStates = ['BOOKED', 'DISPATCHED', 'DELIVERED', 'CANCELLED', 'LOST', 'REJECTED'] as const;
