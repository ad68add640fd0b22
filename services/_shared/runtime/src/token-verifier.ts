/** What a token proves: who calls, and what they were allowed. */
export type VerifiedToken = {
  /** 1 to 128 characters, by the rules of a `userId`. */
  readonly subject: string;
  /** Every word of the token's scope, also those that mean nothing here. */
  readonly scopes: ReadonlySet<string>;
};

/** Why a token proves nothing. Of a token that nobody trusted has signed, only `malformed` or `unverifiable` is said. */
export type TokenFault =
  | 'malformed'
  /** An algorithm that is not allowed, a key that the issuer does not have, or a signature that does not fit. */
  | 'unverifiable'
  | 'expired'
  | 'not-yet-valid'
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'without-expiry'
  | 'without-subject';

export type TokenVerification =
  | { readonly kind: 'genuine'; readonly token: VerifiedToken }
  | { readonly kind: 'refused'; readonly fault: TokenFault }
  /** The issuer's keys cannot be had: whether the token is good is unknown. */
  | { readonly kind: 'unavailable' };

/** Tells genuine tokens from others. Never rejects, and takes 2 s at most. */
export type TokenVerifier = {
  /** @param token as it came, without the scheme in front of it */
  verify(token: string): Promise<TokenVerification>;
};
