import { domainError } from '@checkout/kernel';
import type { MiddlewareHandler } from 'hono';
import type { AccessOf } from './access-table.ts';
import { type ApiContext, type ApiEnv, requestOf } from './api-app.ts';
import { problem, type ProblemResponse } from './problem.ts';
import { type Scope, scopesOf } from './scopes.ts';

/** Lets a request through to its route when the caller holds what the route asks for. */
export function requireScopes(accessOf: AccessOf): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const wanted = scopesOf(accessOf(c) ?? 'public');
    if (wanted.length === 0) return next();
    const { caller } = requestOf(c);
    if (caller.refusal !== undefined) return problem(c, caller.refusal.error, caller.refusal.headers);
    const missing = wanted.filter((scope) => !caller.holds(scope));
    return missing.length === 0 ? next() : forbid(c, missing);
  };
}

/** The answer to who is known, and may not. */
export function forbid(c: ApiContext, missing: readonly Scope[]): ProblemResponse {
  const names = missing.map((scope) => `\`${scope}\``).join(' and ');
  return problem(c, domainError('forbidden', `The token lacks the scope ${names}.`), {
    'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${missing.join(' ')}"`,
  });
}
