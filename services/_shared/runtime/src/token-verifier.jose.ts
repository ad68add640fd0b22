import { type Clock, textFault } from '@checkout/kernel';
import { errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { TokenKeysUnavailableError } from './token-keys.ts';
import type { TokenFault, TokenVerification, TokenVerifier } from './token-verifier.ts';

export type JoseTokenVerifierOptions = {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: JWTVerifyGetKey;
  readonly clock: Clock;
};

/** Signatures only: with a shared secret in this list, the issuer's public key could be used as one. */
const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
/** How far the issuer's clock and ours may be apart. */
const clockSkewSeconds = 60;
const maxTokenCharacters = 8_192;
const maxSubjectCharacters = 128;

/**
 * JSON Web Tokens of one issuer for one audience. A token must name its key, its subject and when it expires. Keys come from
 * `keys` alone: what a token's header says about where to find them (`jwk`, `jku`, `x5c`, `x5u`) is not looked at.
 */
export function createJoseTokenVerifier(options: JoseTokenVerifierOptions): TokenVerifier {
  const { issuer, audience, keys, clock } = options;
  return {
    async verify(token) {
      if (token.length > maxTokenCharacters) return refused('malformed');
      try {
        const { payload } = await jwtVerify(token, keys, {
          algorithms,
          issuer,
          audience,
          clockTolerance: clockSkewSeconds,
          requiredClaims: ['exp', 'sub'],
          currentDate: new Date(clock.now()),
        });
        const { sub } = payload;
        if (typeof sub !== 'string' || textFault(sub, maxSubjectCharacters)) return refused('without-subject');
        return { kind: 'genuine', token: { subject: sub, scopes: new Set(scopesOf(payload)) } };
      } catch (error) {
        return error instanceof TokenKeysUnavailableError ? { kind: 'unavailable' } : refused(faultOf(error));
      }
    },
  };
}

/** `scope` is a text with blanks between the words (RFC 8693); some issuers send a list, or call it `scp`. */
function scopesOf({ scope, scp }: JWTPayload): readonly string[] {
  return [scope, scp].flatMap((claim: unknown) => {
    if (typeof claim === 'string') return claim.split(' ');
    return Array.isArray(claim) ? claim.filter((word) => typeof word === 'string') : [];
  });
}

function refused(fault: TokenFault): TokenVerification {
  return { kind: 'refused', fault };
}

/** Whatever cannot be told from a forgery is taken for one. */
function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return claimFault(error);
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) return 'malformed';
  return 'unverifiable';
}

function claimFault({ claim }: errors.JWTClaimValidationFailed): TokenFault {
  switch (claim) {
    case 'iss':
      return 'wrong-issuer';
    case 'aud':
      return 'wrong-audience';
    case 'exp':
      return 'without-expiry';
    case 'sub':
      return 'without-subject';
    case 'nbf':
      return 'not-yet-valid';
    default:
      return 'malformed';
  }
}
