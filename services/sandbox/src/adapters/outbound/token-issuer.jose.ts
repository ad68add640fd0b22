import type { Clock, Ids } from '@checkout/kernel';
import { calculateJwkThumbprint, type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import type { Ledger } from '../../application/ports/ledger.port.ts';
import type { TokenIssuer } from '../../application/ports/token-issuer.port.ts';
import { testTokens } from '../../domain/test-issuer.ts';

type SigningKey = { readonly privateKey: CryptoKey; readonly publicJwk: JWK };

const alg = 'ES256';

/** Test tokens, signed with a key that is made when the first is asked for, and kept in the ledger's file. */
export function createJoseTokenIssuer(deps: {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly ids: Ids;
}): TokenIssuer {
  const { ledger, clock, ids } = deps;
  let loading: Promise<SigningKey> | undefined;

  const load = async (): Promise<SigningKey> => {
    const stored = await ledger.transact(({ tokenKey }) => tokenKey.load());
    if (stored !== undefined) return signingKeyOf(JSON.parse(stored) as JWK);
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    const made = await exportJWK(privateKey);
    await ledger.transact(({ tokenKey }) => tokenKey.save(JSON.stringify(made)));
    return signingKeyOf(made);
  };
  const signingKey = () =>
    (loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    }));

  return {
    async mint({ subject, scopes, expiresInS }) {
      const { privateKey, publicJwk } = await signingKey();
      const nowS = Math.floor(clock.now() / 1000);
      return new SignJWT({ scope: scopes.join(' ') })
        .setProtectedHeader({ alg, typ: 'JWT', ...(publicJwk.kid !== undefined && { kid: publicJwk.kid }) })
        .setIssuer(testTokens.issuer)
        .setAudience(testTokens.audience)
        .setSubject(subject)
        .setJti(ids.uuid())
        .setIssuedAt(nowS)
        .setExpirationTime(nowS + expiresInS)
        .sign(privateKey);
    },
    async keySet() {
      const { publicJwk } = await signingKey();
      return { keys: [{ ...publicJwk }] };
    },
  };
}

async function signingKeyOf(privateJwk: JWK): Promise<SigningKey> {
  const { d: _secret, ...half } = privateJwk;
  const kid = await calculateJwkThumbprint(half);
  const privateKey = (await importJWK(privateJwk, alg)) as CryptoKey;
  return { privateKey, publicJwk: { ...half, kid, alg, use: 'sig' } };
}
