import type { Acknowledged } from '@checkout/checker';
import { type Addresses, oneAddress } from './addresses.ts';
import { onServers } from './where.ts';

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

/** Consumer groups that lost a member without a word need seconds to find out. */
const waitMs = onServers ? 90_000 : 60_000;
const pollMs = 20;

/**
 * Speaks HTTP to a platform, wherever it runs.
 *
 * @param since of a platform that is others' as well: what began before this instant is theirs
 */
export function createClient(at: string | Addresses, since?: string) {
  const addresses = typeof at === 'string' ? oneAddress(at) : at;
  const exchange = async (address: string, method: string, body: unknown, headers: Record<string, string>) => {
    const response = await fetch(address, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer: Answer<unknown> = {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    return answer;
  };
  const send = async <Body>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const sharing = addresses.sharing(path);
    const answer =
      sharing.length === 0
        ? await exchange(addresses.of(path), method, body, headers)
        : together(await Promise.all(sharing.map((url) => exchange(url + path, method, body, headers))));
    return answer as Answer<Body>;
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
    addresses,
    since,
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

/** The answers of processes to the same request as the one that the whole platform would give. */
function together(answers: readonly Answer<unknown>[]): Answer<unknown> {
  const failed = answers.find(({ status }) => status >= 500);
  const [first, ...others] = failed === undefined ? answers.filter(({ status }) => status < 400) : [failed];
  if (first === undefined) return answers[0] as Answer<unknown>;
  return others.reduce((whole, { body }) => ({ ...whole, body: merged(whole.body, body) }), first);
}

/** Lists are joined, and what is true must be true of each. */
function merged(one: unknown, other: unknown): unknown {
  if (Array.isArray(one) && Array.isArray(other)) return [...(one as unknown[]), ...(other as unknown[])];
  if (typeof one === 'boolean') return one && other;
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) return one;
  const others = other as Readonly<Record<string, unknown>>;
  return {
    ...others,
    ...Object.fromEntries(Object.entries(one).map(([key, value]) => [key, merged(value, others[key])])),
  };
}
