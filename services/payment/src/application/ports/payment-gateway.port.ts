import type { OrderId } from '@checkout/kernel';

/** No try can have reached the provider: try again later. */
export type Unavailable = { readonly kind: 'unavailable'; readonly reason: string };
/** The provider may have acted: ask it by our reference before doing anything else. */
export type Unknown = { readonly kind: 'unknown'; readonly reason: string };

/**
 * `amount` in minor units of `currency`; the order id is our reference at the provider. An answer that names another amount or
 * currency than the charge is `unknown`: what the provider has counts, and not what it says that it did.
 */
export type Charge = { readonly orderId: OrderId; readonly amount: number; readonly currency: string };

export type AuthorizeOutcome =
  | { readonly kind: 'approved'; readonly authorizationId: string; readonly amount: number; readonly currency: string }
  | { readonly kind: 'declined'; readonly code: 'payment-declined' | 'insufficient-funds'; readonly detail: string }
  | Unavailable
  | Unknown;

export type CaptureOutcome =
  | { readonly kind: 'captured'; readonly captureId: string; readonly amount: number; readonly currency: string }
  | { readonly kind: 'rejected'; readonly detail: string }
  | Unavailable
  | Unknown;

export type VoidOutcome =
  | { readonly kind: 'voided' }
  /** Too late to void: the money has to be refunded. */
  | { readonly kind: 'already-captured' }
  | Unavailable
  | Unknown;

export type RefundOutcome =
  | { readonly kind: 'refunded' }
  | { readonly kind: 'rejected'; readonly detail: string }
  | Unavailable
  | Unknown;

/**
 * A payment service provider. Each operation has one idempotency key per order, `<orderId>:<operation>`: calling twice
 * acts once. A timeout is an outcome, `unknown`, and never an exception.
 *
 * A provider behind this port must be able to void by our reference an authorisation that it has not seen yet, so that one
 * that lands later is void as well. For a provider that cannot, the adapter asks until its window for late landings has
 * ended, and answers `unknown` until then.
 */
export type PaymentGateway = {
  authorize: (charge: Charge & { readonly paymentToken: string }) => Promise<AuthorizeOutcome>;
  capture: (charge: Charge) => Promise<CaptureOutcome>;
  /** Ends the live authorisation, or the one still to land. Succeeds when there is nothing to void. */
  void: (reference: { readonly orderId: OrderId }) => Promise<VoidOutcome>;
  refund: (charge: Charge) => Promise<RefundOutcome>;
};

/** What the provider's ledger says; amounts are cumulative minor units. */
export type ProviderRecord = {
  readonly kind: 'found';
  readonly currency: string;
  readonly authorization: 'none' | 'approved' | 'declined' | 'voided';
  readonly declineCode?: 'payment-declined' | 'insufficient-funds';
  readonly capture: 'none' | 'captured' | 'rejected';
  readonly authorized: number;
  readonly captured: number;
  readonly refunded: number;
  readonly voided: number;
};

export type FindOutcome = ProviderRecord | { readonly kind: 'absent' } | Unavailable | Unknown;

/** Asks the provider what it has for our reference. Changes nothing there. */
export type PaymentLookup = { find: (orderId: OrderId) => Promise<FindOutcome> };
