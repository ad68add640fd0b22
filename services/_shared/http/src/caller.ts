import type { DomainError } from '@checkout/kernel';
import type { VerifiedToken } from '@checkout/runtime';
import type { Scope } from './scopes.ts';

/** Who sent a request, as far as that is proved. */
export type Caller = {
  /** Of the token; absent when nobody is asked, and when nothing was proved. */
  readonly subject?: string;
  readonly holds: (scope: Scope) => boolean;
  /** Why nothing was proved. Routes that are not public answer with it. */
  readonly refusal?: Refusal;
};

export type Refusal = { readonly error: DomainError; readonly headers: Readonly<Record<string, string>> };

/** Whoever it is, where nobody is asked: they may do everything. */
export const anybody: Caller = { holds: () => true };

export function provenCaller({ subject, scopes }: VerifiedToken): Caller {
  return { subject, holds: (scope) => scopes.has(scope) };
}

export function refusedCaller(refusal: Refusal): Caller {
  return { refusal, holds: () => false };
}
