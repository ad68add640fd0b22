import { isLoopback } from './urls.ts';

export type Welcome = {
  readonly url: string;
  readonly host: string;
  readonly pid: number;
  readonly dataDir: string;
  /** For the first order: pasting the command twice places one order. */
  readonly idempotencyKey: string;
};

/** What a person who just started the platform wants to know, in commands to copy. */
export function welcomeText({ url, host, pid, dataDir, idempotencyKey }: Welcome): string {
  const json = "-H 'Content-Type: application/json'";
  const open = isLoopback(host) ? 'whoever reaches this machine’s loopback' : `WHOEVER REACHES ${host}`;
  return `
Checkout Orchestrator runs at ${url} as process ${pid}: order, orchestrator, antifraud, payment, shipping, sandbox.

  documentation   ${url}/docs
  data            ${dataDir} (begin empty: npm start -- --reset)
  stop            Ctrl-C
  AUTH is off     ${open} may read and do everything

Place an order, then look at it:
  curl -sS ${url}/v1/orders ${json} -H 'Idempotency-Key: ${idempotencyKey}' -d '${JSON.stringify(exampleOrder)}'
  curl -sS ${url}/v1/orders

Break the payment provider, then heal it:
  curl -sS -X PUT ${url}/sandbox/faults ${json} -d '{"psp":{"timeoutRate":0.2,"lateLandingMs":2000,"errorRate":0.1}}'
  curl -sS -X DELETE ${url}/sandbox/faults

Place a thousand orders and check the money: npm run demo -- --orders 1000
`;
}

const exampleOrder = {
  userId: 'u-1',
  currency: 'EUR',
  items: [{ productId: 'sku-1', quantity: 2, unitPrice: 1999 }],
  paymentToken: 'tok_approve',
  shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode: '10115', country: 'DE' },
};
