import { assertNever } from '@checkout/kernel';
import type { HttpResult } from './http-client.ts';

/** What one try of a provider call proves. */
export type Try =
  /** The provider answered for good: 2xx, or 4xx other than 408 and 429. */
  | { readonly kind: 'definite'; readonly status: number; readonly body: string }
  /** The provider may have acted: a timeout, a reset after bytes were sent, 5xx, 408, anything unexpected. */
  | { readonly kind: 'ambiguous'; readonly reason: string }
  /** The provider provably did not act: nothing was sent, or it refused to look at the request (429). */
  | { readonly kind: 'untouched'; readonly reason: string };

/** What a whole call proves; a closed union, so that a timeout cannot be taken for a refusal. */
export type ProviderOutcome =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  /** No try can have reached the provider: try again later, nothing needs to be undone. */
  | { readonly kind: 'unavailable'; readonly reason: string }
  /** The provider may have acted: ask it by our reference before doing anything else. */
  | { readonly kind: 'unknown'; readonly reason: string };

const requestTimeout = 408;
const tooManyRequests = 429;

export function tryOf(result: HttpResult): Try {
  switch (result.kind) {
    case 'not-sent':
      return { kind: 'untouched', reason: result.reason };
    case 'no-answer':
      return { kind: 'ambiguous', reason: result.reason };
    case 'response':
      return tryOfStatus(result.status, result.body);
    default:
      return assertNever(result);
  }
}

/**
 * The outcome of a call is the worst of its tries. All carry the same idempotency key, so a definite answer to a later try
 * also settles what an earlier one left open; nothing else does.
 */
export function outcomeOf(tries: readonly Try[]): ProviderOutcome {
  const last = tries.at(-1);
  if (last?.kind === 'definite') return { kind: 'answered', status: last.status, body: last.body };
  const ambiguous = tries.findLast((attempt) => attempt.kind === 'ambiguous');
  if (ambiguous !== undefined) return { kind: 'unknown', reason: ambiguous.reason };
  return { kind: 'unavailable', reason: last?.reason ?? 'deadline' };
}

function tryOfStatus(status: number, body: string): Try {
  if (status === tooManyRequests) return { kind: 'untouched', reason: 'rate-limited' };
  const isSuccess = status >= 200 && status < 300;
  const isRefusal = status >= 400 && status < 500 && status !== requestTimeout;
  return isSuccess || isRefusal
    ? { kind: 'definite', status, body }
    : { kind: 'ambiguous', reason: `status-${status}` };
}

/**
 * Reads what a provider answered. Only the statuses and shapes that `readers` name are definite; anything else is
 * `unknown`, because whatever it means, the provider may have acted. A reader throws for a body that it does not understand.
 */
export function readProviderOutcome<Outcome>(
  outcome: ProviderOutcome,
  readers: Readonly<Record<number, (json: unknown) => Outcome>>,
): Outcome | Exclude<ProviderOutcome, { kind: 'answered' }> {
  if (outcome.kind !== 'answered') return outcome;
  const reader = readers[outcome.status];
  if (reader === undefined) return { kind: 'unknown', reason: `status-${outcome.status}` };
  try {
    return reader(outcome.body === '' ? undefined : JSON.parse(outcome.body));
  } catch {
    return { kind: 'unknown', reason: `unreadable-${outcome.status}` };
  }
}
