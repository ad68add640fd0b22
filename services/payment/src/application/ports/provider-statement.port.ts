import type { OrderId } from '@checkout/kernel';
import type { ProviderRecord, Unavailable, Unknown } from './payment-gateway.port.ts';

/** `records` lacks the orders of which the provider has no payment. */
export type Statement = { readonly kind: 'found'; readonly records: ReadonlyMap<OrderId, ProviderRecord> };

/** The provider's books for many of our references at once, to hold ours against. Changes nothing there. */
export type ProviderStatements = {
  /** At most `maxReferencesPerStatement` references. */
  statement: (orderIds: readonly OrderId[]) => Promise<Statement | Unavailable | Unknown>;
};

export const maxReferencesPerStatement = 50;
