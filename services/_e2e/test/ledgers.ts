import type { Ledger } from './client.ts';

/** What the provider's books must say, to the cent, for an order of `total` minor units of EUR. */
export const booksOf = {
  completed: (total: number): Ledger => books(total, { captured: total }, 'DELIVERED'),
  /** The provider was never asked. */
  untouched: (): Ledger => ({ payments: [], shipments: [] }),
  declined: (): Ledger => books(0, {}),
  voided: (total: number, shipment?: string): Ledger => books(total, { voided: total }, shipment),
  refunded: (total: number, shipment: string): Ledger => books(total, { captured: total, refunded: total }, shipment),
};

function books(authorized: number, change: Partial<Ledger['payments'][number]>, shipment?: string): Ledger {
  return {
    payments: [{ currency: 'EUR', authorized, captured: 0, refunded: 0, voided: 0, ...change }],
    shipments: shipment === undefined ? [] : [{ state: shipment }],
  };
}
