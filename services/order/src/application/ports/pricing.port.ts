import type { OrderItem } from '@checkout/contracts';
import type { DomainError, Result } from '@checkout/kernel';

/** Says what items cost. */
export type Pricing = {
  /** The items with the prices that count, in minor units, in the order given. */
  price(
    items: readonly OrderItem[],
    currency: string,
  ): Promise<Result<readonly OrderItem[], DomainError<'price-changed'>>>;
};
