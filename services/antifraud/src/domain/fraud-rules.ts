import type { AssessmentRequest } from './assessment.ts';

export type Verdict = 'approve' | 'review' | 'reject';

/** Rules of our own, beside the bureau's score. */
export type FraudRules = {
  /** Orders of at least this total are looked at by a person; minor units of any currency, `undefined` = never. */
  readonly reviewTotalMinor: number | undefined;
};

const severity: Readonly<Record<Verdict, number>> = { approve: 0, review: 1, reject: 2 };

/** The stricter of our own rules and the bureau. */
export function assessOrder(
  rules: FraudRules,
  { amount }: AssessmentRequest,
  bureau: { readonly verdict: Verdict; readonly score: number },
): { readonly verdict: Verdict; readonly reason: string } {
  const { reviewTotalMinor } = rules;
  const own: Verdict = reviewTotalMinor !== undefined && amount >= reviewTotalMinor ? 'review' : 'approve';
  return severity[own] > severity[bureau.verdict]
    ? { verdict: own, reason: `the total is at least ${reviewTotalMinor} minor units` }
    : { verdict: bureau.verdict, reason: `the bureau says ${bureau.verdict} (score ${bureau.score})` };
}
