import { randomUUID } from 'node:crypto';

export const ordersPath = '/v1/orders';
/** Of every order that is placed here, minor units of `orderCurrency`. */
export const orderTotalMinor = 3_998;
export const orderCurrency = 'EUR';

export type OrderRequest = {
  readonly key: string;
  readonly body: string;
  /** The carrier will not take it, when its payment is authorised already: everything has to be undone. */
  readonly isRefused: boolean;
};

/** Users who place orders in turn, so that lists by user have the usual length. */
const users = 1_000;

/**
 * Requests for orders, each with a key of its own.
 *
 * @param refusedEvery the carrier refuses one of so many; without it, everything approves of all of them
 */
export function createOrderRequests(refusedEvery = Infinity): () => OrderRequest {
  const runId = randomUUID();
  const shippedTo = (postalCode: string) =>
    JSON.stringify({
      currency: orderCurrency,
      items: [{ productId: 'sku-1', quantity: 2, unitPrice: orderTotalMinor / 2 }],
      paymentToken: 'tok_approve',
      shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode, country: 'DE' },
    }).slice(1);
  const approved = shippedTo('10115');
  const refused = shippedTo('00000');
  let count = 0;
  return () => {
    count += 1;
    const isRefused = count % refusedEvery === 0;
    return {
      key: `${runId}-${count}`,
      body: `{"userId":"u-${count % users}",${isRefused ? refused : approved}`,
      isRefused,
    };
  };
}
