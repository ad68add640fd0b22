import { type ApiApp, defineRoute } from '@checkout/http';
import { z } from '@hono/zod-openapi';
import type { TokenIssuer } from '../../../application/ports/token-issuer.port.ts';
import { testTokens } from '../../../domain/test-issuer.ts';
import { tag } from './schemas.ts';

const maxSubjectCharacters = 128;
const maxScopes = 20;
const maxScopeCharacters = 64;
const maxExpiresInS = 86_400;
const defaultExpiresInS = 3_600;

/** RFC 6749: a word of a scope. */
const scope = z
  .string()
  .max(maxScopeCharacters)
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/);

const mintRoute = (basePath: string) =>
  defineRoute({
    method: 'post',
    path: `${basePath}/tokens`,
    operationId: 'mintTestToken',
    tags: [tag],
    summary: 'Issuer: get a token. FOR TESTS ONLY',
    description:
      'Gives any token to anybody: it stands in for an identity provider. What trusts it ' +
      `(\`JWT_ISSUER=${testTokens.issuer}\`) is open to everybody who reaches this.`,
    access: 'public',
    body: z.strictObject({
      subject: z.string().min(1).max(maxSubjectCharacters).openapi({ example: 'u-1' }),
      scopes: z
        .array(scope)
        .max(maxScopes)
        .openapi({ example: ['orders:read', 'orders:write', 'orders:place-for'] }),
      expiresInS: z.int().min(1).max(maxExpiresInS).default(defaultExpiresInS),
    }),
    responses: {
      201: {
        description: 'For the header `Authorization: Bearer <token>`.',
        schema: z.object({ token: z.string(), expiresInS: z.int() }),
      },
    },
    problems: [],
  });

const keysRoute = (basePath: string) =>
  defineRoute({
    method: 'get',
    path: `${basePath}/.well-known/jwks.json`,
    operationId: 'showTestTokenKeys',
    tags: [tag],
    summary: 'Issuer: the keys that test tokens are checked with',
    access: 'public',
    responses: {
      200: {
        description: 'A JSON Web Key Set (RFC 7517).',
        schema: z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })).readonly() }),
      },
    },
    problems: [],
  });

/** Never subject to faults: this is how a run gets in. */
export function mountTokens(app: ApiApp, basePath: string, issuer: TokenIssuer): void {
  app.openapi(mintRoute(basePath), async (c) => {
    const wish = c.req.valid('json');
    return c.json({ token: await issuer.mint(wish), expiresInS: wish.expiresInS }, 201);
  });
  app.openapi(keysRoute(basePath), async (c) => {
    const { keys } = await issuer.keySet();
    return c.json({ keys: keys as { kty: string; kid: string }[] }, 200);
  });
}
