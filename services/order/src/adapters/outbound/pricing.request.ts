import { ok } from '@checkout/kernel';
import type { Pricing } from '../../application/ports/pricing.port.ts';

/** The caller is a trusted cart service: the prices that it sends are the prices. */
export function createRequestPricing(): Pricing {
  return { price: (items) => Promise.resolve(ok(items)) };
}
