import type { Clock } from '@checkout/kernel';
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { HttpClient } from './http-client.ts';
import type { Logger } from './logger.ts';

/** There is no set of keys to hold a token against, or none that is new enough to say that a key does not exist. */
export class TokenKeysUnavailableError extends Error {
  constructor() {
    super('the keys of the token issuer cannot be fetched');
    this.name = 'TokenKeysUnavailableError';
  }
}

export type TokenKeysDeps = {
  /** Where the issuer publishes its keys, a JSON Web Key Set. */
  readonly url: string;
  readonly httpClient: HttpClient;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** Of one fetch. A caller may wait for it, so it is short. */
const fetchTimeoutMs = 1_500;
/** Older keys are fetched again behind the callers' backs: a key that the issuer takes away is gone after this long. */
const freshMs = 300_000;
/**
 * While the issuer is away its last keys are good for this long. An issuer that is away issues nothing, so that later there
 * are few tokens left which have not expired; and whoever can cut us off from it keeps a revoked key alive no longer.
 */
const usableMs = 3_600_000;
/** Between two fetches: a caller can make up as many key ids as it likes. */
const pauseAfterSuccessMs = 10_000;
const pauseAfterFailureMs = 1_000;
/** An issuer has two or three. */
const maxKeys = 100;

const KeySetSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(maxKeys) });

type Keys = { readonly find: JWTVerifyGetKey; readonly fetchedAtMs: number };

/**
 * Finds the key that a token names, in a copy of the issuer's key set. The copy is fetched when it is first needed, again
 * when it is old, and when a token names a key that is not in it: that is how a new key is learnt. Fetches are shared and
 * seconds apart.
 *
 * @throws TokenKeysUnavailableError from the function, when only the issuer could say and it does not answer
 */
export function createTokenKeys({ url, httpClient, clock, logger }: TokenKeysDeps): JWTVerifyGetKey {
  let keys: Keys | undefined;
  let last: { readonly atMs: number; readonly ok: boolean } | undefined;
  let fetching: Promise<void> | undefined;

  const ageMs = () => (keys === undefined ? Infinity : clock.monotonic() - keys.fetchedAtMs);
  const mayFetch = () =>
    last === undefined || clock.monotonic() - last.atMs >= (last.ok ? pauseAfterSuccessMs : pauseAfterFailureMs);

  const fetchOnce = async () => {
    const fetched = await fetchKeySet(url, httpClient);
    const ok = typeof fetched !== 'string';
    if (ok) keys = { find: fetched, fetchedAtMs: clock.monotonic() };
    else if (last?.ok !== false) logger.warn('the keys of the token issuer cannot be fetched', { reason: fetched });
    if (ok && last?.ok === false) logger.info('the keys of the token issuer can be fetched again');
    last = { atMs: clock.monotonic(), ok };
    fetching = undefined;
  };
  /** Joins a fetch that is under way; begins one unless the last was a moment ago. */
  const refresh = async () => {
    if (fetching === undefined && mayFetch()) fetching = fetchOnce();
    await fetching;
  };

  return async (header, token) => {
    if (header.kid === undefined) throw new errors.JWKSNoMatchingKey();
    if (ageMs() >= usableMs) await refresh();
    if (keys === undefined || ageMs() >= usableMs) throw new TokenKeysUnavailableError();
    if (ageMs() >= freshMs) void refresh();
    try {
      return await keys.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await refresh();
      if (last?.ok === false) throw new TokenKeysUnavailableError();
      return keys.find(header, token);
    }
  };
}

/** The key set, or in a word why there is none. Never rejects. */
async function fetchKeySet(url: string, httpClient: HttpClient): Promise<JWTVerifyGetKey | string> {
  const answer = await httpClient.send({
    method: 'GET',
    url,
    headers: { accept: 'application/json' },
    timeoutMs: fetchTimeoutMs,
  });
  if (answer.kind !== 'response') return answer.reason;
  if (answer.status !== 200) return `status-${answer.status}`;
  try {
    return createLocalJWKSet(KeySetSchema.parse(JSON.parse(answer.body)));
  } catch {
    return 'no-key-set';
  }
}
