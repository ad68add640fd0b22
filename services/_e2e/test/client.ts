import type { Acknowledged } from '@checkout/checker';

/** What the API answers, as far as the tests look at it. */
export type Order = {
  readonly id: string;
  readonly userId: string;
  readonly status: 'CREATED' | 'PAID' | 'SHIPPED' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
  readonly total: number;
  readonly version: number;
  readonly cancellation: 'none' | 'requested' | 'refused';
  readonly failure?: { readonly code: string; readonly step: string; readonly detail: string };
};

export type Saga = {
  readonly orderId: string;
  readonly state: string;
  readonly step: string;
  readonly deadline: string | null;
  readonly steps: readonly { readonly name: string; readonly status: string; readonly attempts: number }[];
  readonly failure: { readonly code: string } | null;
};

export type Ledger = {
  readonly payments: readonly {
    readonly currency: string;
    readonly authorized: number;
    readonly captured: number;
    readonly refunded: number;
    readonly voided: number;
  }[];
  readonly shipments: readonly { readonly state: string }[];
};

export type Answer<Body> = { readonly status: number; readonly headers: Headers; readonly body: Body };
type Problem = { readonly code: string };

/** A placement that completes; what a test varies is spread over it. */
export const placement = {
  userId: 'u-1',
  currency: 'EUR',
  items: [{ productId: 'sku-1', quantity: 2, unitPrice: 1999 }],
  paymentToken: 'tok_approve',
  shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode: '10115', country: 'DE' },
} as const;

export const sentTo = (postalCode: string) => ({ shippingAddress: { ...placement.shippingAddress, postalCode } });

export type Client = ReturnType<typeof createClient>;

const waitMs = 25_000;
const pollMs = 20;

/** Speaks HTTP to a platform, wherever it runs. */
export function createClient(url: string) {
  const send = async <Body>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer: Answer<Body> = {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? undefined : JSON.parse(text)) as Body,
    };
    return answer;
  };

  /** Asks until `accept` says yes. @throws Error with the last answer when it never does. */
  const until = async <Value>(what: string, ask: () => Promise<Value>, accept: (value: Value) => boolean) => {
    const deadline = Date.now() + waitMs;
    for (;;) {
      const value = await ask();
      if (accept(value)) return value;
      if (Date.now() > deadline) throw new Error(`waited ${waitMs} ms for ${what}: ${JSON.stringify(value)}`);
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  };

  const acknowledged: Acknowledged[] = [];

  const order = async (id: string) => (await send<Order>('GET', `/v1/orders/${id}`)).body;
  const saga = async (id: string) => (await send<Saga>('GET', `/v1/sagas/${id}`)).body;

  return {
    send,
    until,
    order,
    saga,
    get: (path: string) => send<unknown>('GET', path),
    /** All that was answered with 201. */
    acknowledged: (): readonly Acknowledged[] => acknowledged,
    /** A user of its own for each key, so that a key that placed two orders shows as a user with two. */
    async post(change: object = {}, key: string = crypto.randomUUID()) {
      const body = { ...placement, userId: `u-${key}`, ...change };
      const answer = await send<Order & Problem>('POST', '/v1/orders', body, { 'idempotency-key': key });
      if (answer.status === 201) acknowledged.push({ userId: body.userId, key, orderId: answer.body.id });
      return answer;
    },
    /** Places an order that has to be accepted. */
    async place(change: object = {}): Promise<Order> {
      const answer = await this.post(change);
      if (answer.status !== 201) throw new Error(`not accepted: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    cancel: (id: string) => send<Order & Problem>('POST', `/v1/orders/${id}/cancel`),
    ledger: async (id: string): Promise<Ledger> => {
      const { payments, shipments } = (await send<Ledger>('GET', `/sandbox/ledger?orderId=${id}`)).body;
      const bare = payments.map(({ currency, authorized, captured, refunded, voided }) => ({
        currency,
        authorized,
        captured,
        refunded,
        voided,
      }));
      return { payments: bare, shipments: shipments.map(({ state }) => ({ state })) };
    },
    faults: (faults: object) => send('PUT', '/sandbox/faults', faults),
    heal: () => send('DELETE', '/sandbox/faults'),
    orderIs: (id: string, status: Order['status']) =>
      until(
        `order ${id} to be ${status}`,
        () => order(id),
        (found) => found.status === status,
      ),
    sagaIs: (id: string, state: string) =>
      until(
        `saga ${id} to be ${state}`,
        () => saga(id),
        (found) => found.state === state,
      ),
    sagaAt: (id: string, step: string) =>
      until(
        `saga ${id} to come to ${step}`,
        () => saga(id),
        (found) => found.step === step,
      ),
  };
}
