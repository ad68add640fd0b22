export type DeclineReason = 'payment-declined' | 'insufficient-funds';

/** What a payment token makes the PSP do, in the manner of the test cards of real ones. */
export type TokenBehaviour = {
  /** When an authorisation takes effect: at once, late and without an answer, or never and without an answer. */
  readonly timing: 'prompt' | 'late' | 'lost';
  readonly decline?: { readonly reason: DeclineReason; readonly detail: string };
  readonly rejectsCapture: boolean;
  /** Voids and refunds fail while the setting `voidFails` is on. */
  readonly resistsUndoing: boolean;
};

const approves: TokenBehaviour = { timing: 'prompt', rejectsCapture: false, resistsUndoing: false };

const behaviours: Readonly<Record<string, TokenBehaviour>> = {
  tok_approve: approves,
  tok_decline: { ...approves, decline: { reason: 'payment-declined', detail: 'the issuer declined the payment' } },
  tok_insufficient_funds: {
    ...approves,
    decline: { reason: 'insufficient-funds', detail: 'the account does not hold enough money' },
  },
  tok_capture_reject: { ...approves, rejectsCapture: true },
  tok_timeout_lands: { ...approves, timing: 'late' },
  tok_timeout_lost: { ...approves, timing: 'lost' },
  tok_void_fails: { ...approves, resistsUndoing: true },
};

/** How long after its request an authorisation of `tok_timeout_lands` takes effect, in milliseconds. */
export const lateTokenLandingMs = 3_000;

/** A token that is not one of the test tokens is declined, and says so. */
export function behaviourOf(token: string): TokenBehaviour {
  const known = Object.hasOwn(behaviours, token) ? behaviours[token] : undefined;
  if (known !== undefined) return known;
  const detail = `the token is unknown here; known are ${Object.keys(behaviours).join(', ')}`;
  return { ...approves, decline: { reason: 'payment-declined', detail } };
}
