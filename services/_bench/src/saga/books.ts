import { z } from 'zod';
import { BenchError } from '../bench-context.ts';
import { orderCurrency, orderTotalMinor } from '../load/order-requests.ts';

/** What the payment provider's own books say in all, minor units. */
export type Books = {
  readonly authorized: number;
  readonly captured: number;
  readonly refunded: number;
  readonly voided: number;
};

const amount = z.int();
const BooksSchema = z.record(
  z.string(),
  z.object({ authorized: amount, captured: amount, refunded: amount, voided: amount }),
);

/** @param sandboxUrl without a slash at its end */
export async function readBooks(sandboxUrl: string): Promise<Books> {
  const answer = await fetch(`${sandboxUrl}/ledger/summary`);
  const books = BooksSchema.parse(await answer.json());
  return books[orderCurrency] ?? { authorized: 0, captured: 0, refunded: 0, voided: 0 };
}

/**
 * @param completed orders, since `before`
 * @throws BenchError unless the provider has captured the total of each, has refunded nothing and holds nothing
 */
export function checkBooks(before: Books, books: Books, completed: number): void {
  const demanded = completed * orderTotalMinor;
  const captured = books.captured - before.captured;
  const held = books.authorized - books.captured - books.voided;
  if (captured === demanded && held === 0 && books.refunded === 0) return;
  throw new BenchError(
    `${completed} completed orders demand ${demanded}, and the provider has captured ${captured}, refunded ${books.refunded} and holds ${held}`,
  );
}
