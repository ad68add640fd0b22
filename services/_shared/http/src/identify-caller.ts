import { domainError } from '@checkout/kernel';
import type { TokenFault, TokenVerifier } from '@checkout/runtime';
import type { MiddlewareHandler } from 'hono';
import type { AccessOf } from './access-table.ts';
import { type ApiContext, type ApiEnv, requestOf } from './api-app.ts';
import { type Caller, provenCaller, type Refusal, refusedCaller } from './caller.ts';

/**
 * Finds out who calls, for routes that are not public. It answers nothing itself: a caller that proved nothing is still
 * counted by where it comes from, and refused afterwards by `requireScopes`.
 */
export function identifyCaller(verifier: TokenVerifier, accessOf: AccessOf): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const access = accessOf(c);
    const isPublic = access === undefined || access === 'public';
    const caller = isPublic ? refusedCaller(unasked) : await callerOf(c, verifier);
    c.set('request', { ...requestOf(c), caller });
    return next();
  };
}

async function callerOf(c: ApiContext, verifier: TokenVerifier): Promise<Caller> {
  const header = c.req.header('authorization');
  if (header === undefined) return refusedCaller(unasked);
  const token = bearer.exec(header)?.[1];
  if (token === undefined) return refusedCaller(unreadable);
  const verified = await verifier.verify(token);
  switch (verified.kind) {
    case 'genuine':
      return provenCaller(verified.token);
    case 'refused':
      return refusedCaller(invalid(advice[verified.fault]));
    case 'unavailable':
      return refusedCaller(unavailable);
  }
}

/** RFC 6750: the characters that a token may have. A comma is not one of them: several headers come as one with commas. */
const bearer = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** What to do about it. It says nothing of keys, and of claims only to who holds a token that the issuer has signed. */
const advice: Readonly<Record<TokenFault, string>> = {
  malformed: 'The token is not a JSON Web Token that can be read.',
  unverifiable: 'The token is not signed by a key of the issuer that is trusted here.',
  expired: 'The token has expired: get a new one.',
  'not-yet-valid': 'The token is not valid yet: wait, and compare the clocks.',
  'wrong-issuer': 'The token is from another issuer than the one that is trusted here.',
  'wrong-audience': 'The token is meant for another audience: ask the issuer for one that is meant for this API.',
  'without-expiry': 'The token does not say when it expires.',
  'without-subject': 'The token has no subject that can be used: 1 to 128 characters, as in a `userId`.',
};

const unasked: Refusal = {
  error: domainError('unauthenticated', 'This needs a token: send the header `Authorization: Bearer <token>`.'),
  headers: { 'WWW-Authenticate': 'Bearer' },
};

const unreadable: Refusal = {
  error: domainError('unauthenticated', 'Send one header `Authorization: Bearer <token>`, and no other scheme.'),
  headers: { 'WWW-Authenticate': 'Bearer error="invalid_request"' },
};

function invalid(detail: string): Refusal {
  return {
    error: domainError('unauthenticated', detail),
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
  };
}

const unavailable: Refusal = {
  error: domainError('unavailable', 'The token cannot be checked now: its issuer does not answer. Nothing was done.'),
  headers: {},
};
