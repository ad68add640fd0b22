import type { OrderItem, ShippingAddress } from '@checkout/contracts';
import type { OrderId } from '@checkout/kernel';

/** `unavailable`: no try can have reached the carrier. `unknown`: it may have acted, ask by our reference. */
export type Unsettled = { readonly kind: 'unavailable' | 'unknown'; readonly reason: string };

export type Parcel = {
  readonly orderId: OrderId;
  readonly items: readonly OrderItem[];
  readonly shippingAddress: ShippingAddress;
};

export type BookOutcome =
  | { readonly kind: 'booked'; readonly shipmentId: string }
  | { readonly kind: 'rejected'; readonly detail: string }
  | Unsettled;

export type DispatchOutcome =
  | { readonly kind: 'dispatched' }
  | { readonly kind: 'refused'; readonly detail: string }
  | Unsettled;

export type CancelOutcome =
  | { readonly kind: 'cancelled' }
  /** The parcel is on its way: it cannot be called back. */
  | { readonly kind: 'already-dispatched' }
  | Unsettled;

export type TrackOutcome =
  | {
      readonly kind: 'found';
      readonly shipmentId: string;
      readonly state: 'BOOKED' | 'DISPATCHED' | 'DELIVERED' | 'CANCELLED' | 'LOST' | 'REJECTED';
    }
  | { readonly kind: 'absent' }
  | Unsettled;

/**
 * A carrier. Each operation has one idempotency key per order, `<orderId>:<operation>`: calling twice acts once. Cancelling
 * what has not been booked yet leaves a mark, so that a booking that lands later is refused.
 */
export type Carrier = {
  book: (parcel: Parcel) => Promise<BookOutcome>;
  dispatch: (orderId: OrderId) => Promise<DispatchOutcome>;
  cancel: (orderId: OrderId) => Promise<CancelOutcome>;
  /** Changes nothing there. */
  track: (orderId: OrderId) => Promise<TrackOutcome>;
};
