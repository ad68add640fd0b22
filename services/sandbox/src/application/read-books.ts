import type { Payment } from '../domain/payment.ts';
import type { Shipment } from '../domain/shipment.ts';
import type { CurrencyTotals, Ledger, LedgerRecords } from './ports/ledger.port.ts';

export type Books = { readonly payments: readonly Payment[]; readonly shipments: readonly Shipment[] };
export type BooksPage = Books & { readonly nextAfter: string | undefined };

/** What anybody may read in the providers' books. */
export type ReadBooks = {
  payment(reference: string): Promise<Payment | undefined>;
  /** Those of the references that have a payment. */
  payments(references: readonly string[]): Promise<readonly Payment[]>;
  shipment(reference: string): Promise<Shipment | undefined>;
  of(reference: string): Promise<Books>;
  /** At most `limit` references in order, from behind `after` on. */
  page(after: string, limit: number): Promise<BooksPage>;
  totals(): Promise<readonly CurrencyTotals[]>;
};

export function createReadBooks(ledger: Ledger): ReadBooks {
  return {
    payment: (reference) => ledger.transact(({ payments }) => payments.find(reference)),
    payments: async (references) => (await ledger.transact((records) => booksOf(records, references))).payments,
    shipment: (reference) => ledger.transact(({ shipments }) => shipments.find(reference)),
    of: (reference) => ledger.transact((records) => booksOf(records, [reference])),
    page: (after, limit) =>
      ledger.transact((records) => {
        const references = records.references(after, limit);
        const isLast = references.length < limit;
        return { ...booksOf(records, references), nextAfter: isLast ? undefined : references.at(-1) };
      }),
    totals: () => ledger.transact((records) => records.totals()),
  };
}

function booksOf({ payments, shipments }: LedgerRecords, references: readonly string[]): Books {
  return {
    payments: references.flatMap((reference) => payments.find(reference) ?? []),
    shipments: references.flatMap((reference) => shipments.find(reference) ?? []),
  };
}
