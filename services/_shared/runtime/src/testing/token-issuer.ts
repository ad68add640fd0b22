import { createHmac, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto';

/** How a token is made when it is not made well. `null` takes a member away. */
export type TokenParts = {
  readonly header?: Readonly<Record<string, unknown>> | undefined;
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** Seconds from now. */
  readonly expiresIn?: number | undefined;
  readonly validIn?: number | undefined;
  readonly alg?: TestAlgorithm | undefined;
  /**
   * Who signs: the issuer by its key of the algorithm, a stranger by one of his own, whoever takes the issuer's public key
   * for a shared secret, or nobody.
   */
  readonly signedBy?: 'issuer' | 'stranger' | 'public-key' | 'nobody' | undefined;
};

export type TestAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA' | 'RS512';

export type TestTokenIssuer = {
  /** A token as the issuer makes it, but for what `parts` say. */
  token(parts?: TokenParts): string;
  /** What the issuer publishes. */
  jwks(): { readonly keys: readonly JsonWebKey[] };
  /** Signs by new keys from now on, and publishes nothing but them. */
  rotate(): void;
};

export const testIssuer = 'https://issuer.test';
export const testAudience = 'checkout-test';

/**
 * An issuer of tokens, good ones and bad ones, made by hand: what a library would refuse to write is what has to be read.
 *
 * @param nowMs Unix milliseconds
 */
export function createTestTokenIssuer(nowMs: () => number): TestTokenIssuer {
  let generation = 1;
  let keys = makeKeys();
  const strangers = makeKeys();

  return {
    token(parts = {}) {
      const { alg = 'ES256', signedBy = 'issuer', expiresIn = 300, validIn } = parts;
      const now = Math.floor(nowMs() / 1000);
      const header = merged({ alg, kid: `${alg}-${generation}`, typ: 'JWT' }, parts.header);
      const claims = merged(
        {
          iss: testIssuer,
          aud: testAudience,
          sub: 'u-1',
          scope: 'orders:read',
          iat: now,
          exp: now + expiresIn,
          ...(validIn !== undefined && { nbf: now + validIn }),
        },
        parts.claims,
      );
      const signed = `${encode(header)}.${encode(claims)}`;
      switch (signedBy) {
        case 'issuer':
          return `${signed}.${signatureOf(signed, alg, keys[alg].privateKey)}`;
        case 'stranger':
          return `${signed}.${signatureOf(signed, alg, strangers[alg].privateKey)}`;
        case 'public-key':
          return `${signed}.${createHmac('sha256', pemOf(keys[alg].publicKey)).update(signed).digest('base64url')}`;
        case 'nobody':
          return `${signed}.`;
      }
    },
    jwks: () => ({
      keys: Object.entries(keys).map(([alg, { publicKey }]) => ({
        ...publicKey.export({ format: 'jwk' }),
        kid: `${alg}-${generation}`,
        use: 'sig',
        ...(alg !== 'EdDSA' && alg !== 'RS512' && { alg }),
      })),
    }),
    rotate() {
      generation += 1;
      keys = makeKeys();
    },
  };
}

type Keys = Readonly<Record<TestAlgorithm, { readonly publicKey: KeyObject; readonly privateKey: KeyObject }>>;

function makeKeys(): Keys {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    RS256: rsa,
    PS256: rsa,
    RS512: rsa,
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: generateKeyPairSync('ed25519'),
  };
}

function signatureOf(text: string, alg: TestAlgorithm, key: KeyObject): string {
  const data = Buffer.from(text);
  switch (alg) {
    case 'RS256':
      return sign('sha256', data, key).toString('base64url');
    case 'RS512':
      return sign('sha512', data, key).toString('base64url');
    case 'PS256': {
      // RSASSA-PSS with a salt as long as the hash.
      const [padding, saltLength] = [6, 32];
      return sign('sha256', data, { key, padding, saltLength }).toString('base64url');
    }
    case 'ES256':
      return sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    case 'EdDSA':
      return sign(null, data, key).toString('base64url');
  }
}

function pemOf(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'spki' }).toString();
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function merged(base: Readonly<Record<string, unknown>>, change: Readonly<Record<string, unknown>> = {}) {
  return Object.fromEntries(Object.entries({ ...base, ...change }).filter(([, value]) => value !== null));
}
