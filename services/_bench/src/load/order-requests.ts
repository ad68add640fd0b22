import { randomUUID } from 'node:crypto';

export const ordersPath = '/v1/orders';
/** Of every order that is placed here, minor units of `orderCurrency`. */
export const orderTotalMinor = 3_998;
export const orderCurrency = 'EUR';

export type OrderRequest = { readonly key: string; readonly body: string };

/** Users who place orders in turn, so that lists by user have the usual length. */
const users = 1_000;

/** Requests for orders that everything approves of, each with a key of its own. */
export function createOrderRequests(): () => OrderRequest {
  const runId = randomUUID();
  const rest = JSON.stringify({
    currency: orderCurrency,
    items: [{ productId: 'sku-1', quantity: 2, unitPrice: orderTotalMinor / 2 }],
    paymentToken: 'tok_approve',
    shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode: '10115', country: 'DE' },
  }).slice(1);
  let count = 0;
  return () => {
    count += 1;
    return { key: `${runId}-${count}`, body: `{"userId":"u-${count % users}",${rest}` };
  };
}
