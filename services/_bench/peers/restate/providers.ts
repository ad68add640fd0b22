import type { HttpClient } from '@checkout/runtime';

/** What `POST /v1/orders` takes. */
export type Order = {
  readonly userId: string;
  readonly currency: string;
  readonly items: readonly { readonly productId: string; readonly quantity: number; readonly unitPrice: number }[];
  readonly paymentToken: string;
  readonly shippingAddress: Readonly<Record<string, string>>;
};

/**
 * The provider calls of an order, request for request those of the services' own adapters. Each carries its operation's
 * idempotency key, so it may be repeated.
 *
 * Every call throws when there is no answer, or none that the saga knows what to do with.
 */
export type Providers = {
  score(orderId: string, order: Order): Promise<'approve' | 'review' | 'reject'>;
  authorize(orderId: string, order: Order): Promise<'approved' | 'declined'>;
  book(orderId: string, order: Order): Promise<'booked' | 'rejected'>;
  capture(orderId: string, order: Order): Promise<'captured' | 'rejected'>;
  dispatch(orderId: string): Promise<'dispatched'>;
  track(orderId: string): Promise<'on-its-way' | 'delivered' | 'lost'>;
  void(orderId: string): Promise<'voided'>;
  refund(orderId: string, order: Order): Promise<'refunded'>;
  cancel(orderId: string): Promise<'cancelled'>;
};

/** The services' own default. */
const timeoutMs = 2_000;

/** @param sandboxUrl without a slash at its end */
export function createProviders(httpClient: HttpClient, sandboxUrl: string): Providers {
  const send = async <Outcome>(
    request: Omit<Parameters<HttpClient['send']>[0], 'timeoutMs'>,
    outcomes: Readonly<Record<number, (body: string) => Outcome>>,
  ): Promise<Outcome> => {
    const answer = await httpClient.send({ ...request, timeoutMs });
    if (answer.kind !== 'response') throw new Error(`${request.url}: ${answer.kind}, ${answer.reason}`);
    const outcome = outcomes[answer.status];
    if (outcome === undefined) throw new Error(`${request.url}: ${answer.status} ${answer.body}`);
    return outcome(answer.body);
  };
  const post = <Outcome>(
    path: string,
    key: string,
    body: object,
    outcomes: Readonly<Record<number, (body: string) => Outcome>>,
  ) =>
    send(
      {
        method: 'POST',
        url: `${sandboxUrl}/${path}`,
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(body),
      },
      outcomes,
    );

  return {
    score: (orderId, order) =>
      post(
        'bureau/scores',
        `${orderId}:score`,
        { reference: orderId, userId: order.userId, ...charge(order) },
        { 200: (body) => (JSON.parse(body) as { verdict: 'approve' | 'review' | 'reject' }).verdict },
      ),
    authorize: (orderId, order) =>
      post<'approved' | 'declined'>(
        'psp/authorizations',
        `${orderId}:authorize`,
        { reference: orderId, ...charge(order), token: order.paymentToken },
        { 201: () => 'approved', 402: () => 'declined' },
      ),
    book: (orderId, { items, shippingAddress }) =>
      post<'booked' | 'rejected'>(
        'carrier/shipments',
        `${orderId}:book`,
        {
          reference: orderId,
          recipient: shippingAddress,
          items: items.map(({ productId, quantity }) => ({ productId, quantity })),
        },
        { 201: () => 'booked', 422: () => 'rejected' },
      ),
    capture: (orderId, order) =>
      post<'captured' | 'rejected'>(
        'psp/captures',
        `${orderId}:capture`,
        { reference: orderId, ...charge(order) },
        { 201: () => 'captured', 422: () => 'rejected' },
      ),
    dispatch: (orderId) =>
      post(`carrier/shipments/${orderId}/dispatch`, `${orderId}:dispatch`, {}, { 200: () => 'dispatched' as const }),
    track: (orderId) =>
      send({ method: 'GET', url: `${sandboxUrl}/carrier/shipments/${orderId}` }, { 200: whereabouts }),
    void: (orderId) => post('psp/voids', `${orderId}:void`, { reference: orderId }, { 200: () => 'voided' as const }),
    refund: (orderId, order) =>
      post(
        'psp/refunds',
        `${orderId}:refund`,
        { reference: orderId, ...charge(order) },
        { 201: () => 'refunded' as const },
      ),
    cancel: (orderId) =>
      post(`carrier/shipments/${orderId}/cancel`, `${orderId}:cancel`, {}, { 200: () => 'cancelled' as const }),
  };
}

function charge({ items, currency }: Order): { readonly amount: number; readonly currency: string } {
  return { amount: items.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0), currency };
}

function whereabouts(body: string): 'on-its-way' | 'delivered' | 'lost' {
  const { state } = JSON.parse(body) as { state: string };
  if (state === 'DELIVERED') return 'delivered';
  return state === 'LOST' ? 'lost' : 'on-its-way';
}
