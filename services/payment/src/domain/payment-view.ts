import type { ReadModelTable, StreamDefinition } from '@checkout/event-log';
import { evolvePayment, heldOf, initialPayment, type PaymentEvent, type PaymentState } from './payment.ts';

/** Our ledger of a payment: minor units, cumulative. */
export type PaymentView = {
  readonly status: PaymentState['status'];
  readonly currency: string | null;
  readonly authorized: number;
  readonly captured: number;
  readonly voided: number;
  readonly refunded: number;
  readonly parked: string | null;
};

export const paymentsTable: ReadModelTable = { name: 'payments', columns: { status: 'text' } };

export const paymentStream: StreamDefinition<PaymentState, PaymentEvent> = {
  table: paymentsTable,
  initialState: initialPayment,
  evolve: evolvePayment,
  project: (payment) => ({ view: viewPayment(payment), columns: { status: payment.status } }),
};

function viewPayment(payment: PaymentState): PaymentView {
  const { currency, authorized, captured } = heldOf(payment);
  const { voided, refunded } = payment.status === 'RELEASED' ? payment : { voided: 0, refunded: 0 };
  return {
    status: payment.status,
    currency,
    // An authorisation that nobody told us of shows when it is undone.
    authorized: Math.max(authorized, voided + refunded),
    captured: Math.max(captured, refunded),
    voided,
    refunded,
    parked: payment.parked ?? null,
  };
}
