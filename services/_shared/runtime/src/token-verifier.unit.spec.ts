import { createVirtualClock } from '@checkout/kernel/testing';
import { describe, expect, test } from 'vitest';
import {
  createAppHttpClient,
  createRecordingLogger,
  createTestTokenIssuer,
  testAudience,
  testIssuer,
  type TokenParts,
} from './testing/index.ts';
import { createJoseTokenVerifier } from './token-verifier.jose.ts';
import { createTokenKeys } from './token-keys.ts';
import type { TokenFault } from './token-verifier.ts';

const url = 'http://issuer.test/keys';
const clock = createVirtualClock();
/** Its keys take a while to make. */
const issuer = createTestTokenIssuer(() => clock.now());

/** A verifier, and an issuer that can be made to answer otherwise, or not at all. */
function setup() {
  const endpoint = {
    asked: 0,
    answer: (): Response | Promise<Response> => Response.json(issuer.jwks()),
  };
  const httpClient = createAppHttpClient({
    clock,
    apps: {
      [new URL(url).origin]: () => {
        endpoint.asked += 1;
        return endpoint.answer();
      },
    },
  });
  const logger = createRecordingLogger();
  const keys = createTokenKeys({ url, httpClient, clock, logger });
  const verifier = createJoseTokenVerifier({ issuer: testIssuer, audience: testAudience, keys, clock });
  const verify = (token: string) => verifier.verify(token);
  const outcome = async (token: string) => {
    const verified = await verify(token);
    return verified.kind === 'refused' ? verified.fault : verified.kind;
  };
  return { endpoint, logger, verify, outcome };
}

describe('a token of the issuer', () => {
  test('proves who calls and what they may do', async () => {
    const { verify } = setup();
    const token = issuer.token({ claims: { sub: 'ada', scope: 'orders:read  orders:write', scp: ['ops', 7] } });

    expect(await verify(token)).toEqual({
      kind: 'genuine',
      token: { subject: 'ada', scopes: new Set(['orders:read', '', 'orders:write', 'ops']) },
    });
  });

  test.each(['RS256', 'PS256', 'ES256', 'EdDSA'] as const)('may be signed by %s', async (alg) => {
    expect(await setup().outcome(issuer.token({ alg }))).toBe('genuine');
  });

  test.each<[string, TokenParts]>([
    ['expired less than a minute ago', { expiresIn: -59 }],
    ['valid in less than a minute', { validIn: 60 }],
    ['meant for others too', { claims: { aud: ['other', testAudience] } }],
    ['of another type', { header: { typ: 'at+jwt' } }],
    ['without a scope', { claims: { scope: null } }],
    ['with scopes that are no text', { claims: { scope: { ops: true } } }],
    ['of the longest subject', { claims: { sub: 'x'.repeat(128) } }],
  ])('may be %s', async (_how, parts) => {
    expect(await setup().outcome(issuer.token(parts))).toBe('genuine');
  });
});

const header = (change: object) => ({ header: { ...change } });
const claims = (change: object) => ({ claims: { ...change } });

describe('a token is refused', () => {
  test.each<[string, TokenParts, TokenFault]>([
    ['alg none', { signedBy: 'nobody', ...header({ alg: 'none', kid: null }) }, 'unverifiable'],
    ['alg none, with a kid', { signedBy: 'nobody', ...header({ alg: 'none' }) }, 'unverifiable'],
    ['no signature', { signedBy: 'nobody' }, 'unverifiable'],
    ['the public key as a shared secret', { signedBy: 'public-key', ...header({ alg: 'HS256' }) }, 'unverifiable'],
    ['an algorithm that is not on the list', { alg: 'RS512' }, 'unverifiable'],
    ['the signature of a stranger', { signedBy: 'stranger' }, 'unverifiable'],
    ['no kid', header({ kid: null }), 'unverifiable'],
    ['an unknown kid', header({ kid: 'nobody' }), 'unverifiable'],
    ['the kid of a key for another algorithm', { alg: 'ES256', ...header({ kid: 'RS256-1' }) }, 'unverifiable'],
    ['an extension that must be understood', header({ crit: ['x'], x: 1 }), 'unverifiable'],
    ['an unencoded payload', header({ crit: ['b64'], b64: false }), 'malformed'],
    ['expired a minute ago', { expiresIn: -60 }, 'expired'],
    ['no expiry', claims({ exp: null }), 'without-expiry'],
    ['an expiry that is a text', claims({ exp: '9999999999' }), 'without-expiry'],
    ['valid in more than a minute', { validIn: 61 }, 'not-yet-valid'],
    ['another issuer', claims({ iss: 'https://other.test' }), 'wrong-issuer'],
    ['no issuer', claims({ iss: null }), 'wrong-issuer'],
    ['another audience', claims({ aud: 'other' }), 'wrong-audience'],
    ['no audience', claims({ aud: null }), 'wrong-audience'],
    ['no subject', claims({ sub: null }), 'without-subject'],
    ['an empty subject', claims({ sub: '' }), 'without-subject'],
    ['a subject that is a number', claims({ sub: 7 }), 'without-subject'],
    ['a subject that is too long', claims({ sub: 'x'.repeat(129) }), 'without-subject'],
    ['a subject with a line break', claims({ sub: 'a\nb' }), 'without-subject'],
    ['a subject with white space around it', claims({ sub: ' ada' }), 'without-subject'],
    ['a subject with half a character', claims({ sub: 'a\ud800' }), 'without-subject'],
  ])('for %s', async (_what, parts, fault) => {
    expect(await setup().outcome(issuer.token(parts))).toBe(fault);
  });

  test('for a payload that was changed after it was signed', async () => {
    const [head, , signature] = issuer.token().split('.');
    const [, payload] = issuer.token({ claims: { scope: 'ops' } }).split('.');

    expect(await setup().outcome(`${head}.${payload}.${signature}`)).toBe('unverifiable');
  });

  test.each(['', 'x', 'a.b', 'a.b.c', 'a.b.c.d.e', '..', '\u0000', '{"alg":"none"}'])('when it is %j', async (text) => {
    expect(await setup().outcome(text)).toBe('malformed');
  });

  test('when it is longer than a token needs to be, and nobody looks at it', async () => {
    const { endpoint, outcome } = setup();

    expect(await outcome(issuer.token({ claims: { more: 'x'.repeat(8_192) } }))).toBe('malformed');
    expect(endpoint.asked).toBe(0);
  });

  test('when it brings its own key, and nothing that it names is fetched', async () => {
    const { endpoint, outcome } = setup();
    const stranger = createTestTokenIssuer(() => clock.now());
    const [jwk] = stranger.jwks().keys.filter(({ kid }) => kid === 'ES256-1');
    const own = { jwk, jku: 'http://issuer.test/mine', x5u: 'http://issuer.test/mine', x5c: ['x'] };

    expect(await outcome(stranger.token({ header: own }))).toBe('unverifiable');
    expect(endpoint.asked).toBe(1);
  });
});

describe('the keys of the issuer', () => {
  test('are fetched once for all who wait, and kept', async () => {
    const { endpoint, outcome } = setup();
    await Promise.all([outcome(issuer.token()), outcome(issuer.token()), outcome(issuer.token({ alg: 'EdDSA' }))]);
    await outcome(issuer.token());

    expect(endpoint.asked).toBe(1);
  });

  test('are fetched again for a kid that is not known, at most every ten seconds', async () => {
    const { endpoint, outcome } = setup();
    await outcome(issuer.token());
    issuer.rotate();
    expect(await outcome(issuer.token())).toBe('unverifiable');
    expect(endpoint.asked).toBe(1);
    await clock.advance(10_000);

    expect(await outcome(issuer.token())).toBe('genuine');
    for (const kid of ['a', 'b', 'c']) expect(await outcome(issuer.token({ header: { kid } }))).toBe('unverifiable');
    expect(endpoint.asked).toBe(2);
  });

  test('are looked at again after five minutes, so that a key which was taken away is gone', async () => {
    const { endpoint, outcome } = setup();
    const old = issuer.token({ expiresIn: 3_600 });
    expect(await outcome(old)).toBe('genuine');
    issuer.rotate();
    await clock.advance(300_000);
    expect(await outcome(old)).toBe('genuine');
    await clock.settle();

    expect(await outcome(old)).toBe('unverifiable');
    expect(endpoint.asked).toBe(2);
  });

  test('serve for an hour while the issuer is away, and then nothing is known', async () => {
    const { endpoint, logger, outcome } = setup();
    const token = issuer.token({ expiresIn: 7_200 });
    await outcome(token);
    endpoint.answer = () => new Response('away', { status: 502 });
    await clock.advance(3_599_000);
    expect(await outcome(token)).toBe('genuine');
    await clock.advance(1_000);

    expect(await outcome(token)).toBe('unavailable');
    expect(logger.lines.map(({ message, fields }) => [message, fields['reason']])).toEqual([
      ['the keys of the token issuer cannot be fetched', 'status-502'],
    ]);
  });

  test('do not say that a kid is unknown while nobody can be asked', async () => {
    const { endpoint, outcome } = setup();
    await outcome(issuer.token());
    endpoint.answer = () => new Response('away', { status: 502 });
    await clock.advance(10_000);
    expect(await outcome(issuer.token({ header: { kid: 'new' } }))).toBe('unavailable');
    expect(await outcome(issuer.token())).toBe('genuine');
  });

  test.each<[string, () => Response | Promise<Response>]>([
    ['is away', () => Promise.reject(new Error('reset'))],
    ['fails', () => new Response('', { status: 500 })],
    ['leads elsewhere', () => new Response('', { status: 302, headers: { Location: 'http://other.test' } })],
    ['talks nonsense', () => new Response('<html>')],
    ['gives something else', () => Response.json({ keys: 'none' })],
    ['gives null', () => Response.json(null)],
    ['gives far too many keys', () => Response.json({ keys: Array.from({ length: 101 }, () => ({ kty: 'EC' })) })],
    ['never comes to an end', () => new Response('x'.repeat(2_000_000))],
  ])('that nobody has yet are not known when the issuer %s', async (_what, answer) => {
    const { endpoint, outcome } = setup();
    endpoint.answer = answer;

    expect(await outcome(issuer.token())).toBe('unavailable');
    expect(await outcome(issuer.token())).toBe('unavailable');
    expect(endpoint.asked).toBe(1);
    endpoint.answer = () => Response.json(issuer.jwks());
    await clock.advance(1_000);
    expect(await outcome(issuer.token())).toBe('genuine');
  });

  test('are waited for no longer than one and a half seconds', async () => {
    const { endpoint, outcome } = setup();
    endpoint.answer = () => new Promise(() => {});
    const asking = outcome(issuer.token());
    await clock.advance(1_500);

    expect(await asking).toBe('unavailable');
  });

  test('are no good when they are shared secrets', async () => {
    const { endpoint, outcome } = setup();
    const [rsa] = issuer.jwks().keys.filter(({ kty }) => kty === 'RSA');
    const kid = String(rsa?.['kid']);
    endpoint.answer = () => Response.json({ keys: [{ kty: 'oct', k: 'c2VjcmV0', kid }] });

    expect(await outcome(issuer.token({ alg: 'RS256', header: { kid } }))).toBe('unverifiable');
  });
});

test('a token is in no line of the log', async () => {
  const { endpoint, logger, outcome } = setup();
  const token = issuer.token({ claims: { sub: 'a-secret-subject' } });
  endpoint.answer = () => new Response(token, { status: 500 });
  await outcome(token);

  expect(logger.lines.length).toBeGreaterThan(0);
  expect(JSON.stringify(logger.lines)).not.toContain(token.split('.')[1]);
  expect(logger.droppedFields()).toBe(0);
});
