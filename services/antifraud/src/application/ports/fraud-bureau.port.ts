import type { OrderId } from '@checkout/kernel';

export type Verdict = 'approve' | 'review' | 'reject';

export type ScoreRequest = {
  readonly orderId: OrderId;
  readonly userId: string;
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
};

export type ScoreOutcome =
  | { readonly kind: 'scored'; readonly verdict: Verdict; readonly score: number }
  /** No score to be had now. Asking again does no harm: a score changes nothing at the bureau. */
  | { readonly kind: 'unavailable' | 'unknown'; readonly reason: string };

/** A fraud bureau. One idempotency key per order: asking twice gives one score. */
export type FraudBureau = { score: (request: ScoreRequest) => Promise<ScoreOutcome> };
