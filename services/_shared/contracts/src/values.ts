import { z } from 'zod';

/** Minor units of an ISO 4217 currency, a safe integer. */
export const amountSchema = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

export const currencySchema = z.string().length(3);

/** One line of an order; `unitPrice` in minor units. */
export const orderItemSchema = z.object({
  productId: z.string(),
  quantity: z.int().min(1),
  unitPrice: z.int().min(1),
});

export const shippingAddressSchema = z.object({
  name: z.string(),
  line1: z.string(),
  line2: z.string().optional(),
  city: z.string(),
  region: z.string().optional(),
  postalCode: z.string(),
  country: z.string(),
});

/** Why an order did not complete. `step` names the saga's step that gave up. */
export const failureCodes = [
  'fraud-rejected',
  'review-rejected',
  'review-expired',
  'payment-declined',
  'insufficient-funds',
  'payment-outcome-unknown',
  'capture-rejected',
  'shipment-rejected',
  'shipment-lost',
  'customer-cancelled',
  'provider-unavailable',
  'settled-externally',
] as const;

export const failureSchema = z.object({
  code: z.enum(failureCodes),
  step: z.string(),
  detail: z.string(),
});

export type OrderItem = z.infer<typeof orderItemSchema>;
export type ShippingAddress = z.infer<typeof shippingAddressSchema>;
export type Failure = z.infer<typeof failureSchema>;
export type FailureCode = Failure['code'];
