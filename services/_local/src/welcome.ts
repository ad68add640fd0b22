import { isLoopback } from '@checkout/http';
import type { AuthConfig } from '@checkout/runtime';
import { testTokens } from '@checkout/sandbox';
import { sandboxPath } from './sandbox-path.ts';

export type Welcome = {
  readonly url: string;
  readonly host: string;
  readonly pid: number;
  readonly dataDir: string;
  readonly auth: AuthConfig;
  /** For the first order: pasting the command twice places one order. */
  readonly idempotencyKey: string;
};

/** What a person who just started the platform wants to know, in commands to copy. */
export function welcomeText({ url, host, pid, dataDir, auth, idempotencyKey }: Welcome): string {
  const json = "-H 'Content-Type: application/json'";
  const token = auth.kind === 'jwt' ? ` -H "Authorization: Bearer $TOKEN"` : '';
  return `
Checkout Orchestrator runs at ${url} as process ${pid}: order, orchestrator, antifraud, payment, shipping, sandbox.

  documentation   ${url}/docs
  data            ${dataDir} (begin empty: npm start -- --reset)
  stop            Ctrl-C
  ${accessText(auth, host)}
${mintText(auth, url)}
Place an order, then look at it:
  curl -sS ${url}/v1/orders${token} ${json} -H 'Idempotency-Key: ${idempotencyKey}' -d '${JSON.stringify(exampleOrder)}'
  curl -sS ${url}/v1/orders${token}

Break the payment provider, then heal it:
  curl -sS -X PUT ${url}/sandbox/faults ${json} -d '{"psp":{"timeoutRate":0.2,"lateLandingMs":2000,"errorRate":0.1}}'
  curl -sS -X DELETE ${url}/sandbox/faults

Place a thousand orders and check the money: npm run demo -- --orders 1000
`;
}

function accessText(auth: AuthConfig, host: string): string {
  const open = isLoopback(host) ? 'whoever reaches this machine’s loopback' : `WHOEVER REACHES ${host}`;
  if (auth.kind === 'off') return `AUTH is off     ${open} may read and do everything`;
  if (auth.issuer !== testTokens.issuer) return `AUTH is jwt     by the tokens of ${auth.issuer}`;
  return `AUTH is jwt     by test tokens: ${open} gets any from the sandbox`;
}

/** Nobody else's tokens can be had with a command. */
function mintText(auth: AuthConfig, url: string): string {
  if (auth.kind === 'off' || auth.issuer !== testTokens.issuer) return '';
  const wish = { subject: exampleOrder.userId, scopes: ['orders:read', 'orders:write', 'orders:place-for'] };
  return `
Get a token:
  TOKEN=$(curl -sS ${url}${sandboxPath}/tokens -H 'Content-Type: application/json' \\
    -d '${JSON.stringify(wish)}' | sed 's/.*"token":"\\([^"]*\\).*/\\1/')
`;
}

const exampleOrder = {
  userId: 'u-1',
  currency: 'EUR',
  items: [{ productId: 'sku-1', quantity: 2, unitPrice: 1999 }],
  paymentToken: 'tok_approve',
  shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode: '10115', country: 'DE' },
};
