import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTestTokenIssuer, testAudience, testIssuer } from '@checkout/runtime/testing';
import type { WrittenToken } from './notation.ts';

/** An issuer whose tokens can be as bad as a case wants them. */
export type CorpusIssuer = {
  /** For a platform that trusts it. */
  readonly settings: Readonly<Record<string, string>>;
  readonly tokenOf: (written: WrittenToken) => string;
  readonly close: () => void;
};

const partNames = ['header', 'payload', 'signature'] as const;

export async function startCorpusIssuer(): Promise<CorpusIssuer> {
  const issuer = createTestTokenIssuer(() => Date.now());
  const keys = JSON.stringify(issuer.jwks());
  const server = createServer((_request, response) => response.end(keys)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    settings: {
      AUTH: 'jwt',
      JWT_ISSUER: testIssuer,
      JWT_AUDIENCE: testAudience,
      JWT_JWKS_URL: `http://127.0.0.1:${port}/keys`,
    },
    tokenOf({ swap, ...parts }) {
      const token = issuer.token(parts);
      if (swap === undefined) return token;
      const other = issuer.token(swap.with).split('.');
      return token
        .split('.')
        .map((part, index) => (partNames[index] === swap.part ? other[index] : part))
        .join('.');
    },
    close: () => void server.close(),
  };
}
