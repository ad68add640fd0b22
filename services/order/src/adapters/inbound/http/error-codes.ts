import type { ErrorCodes } from '@checkout/http';

const fault = (title: string, explanation: string) => ({ status: 422, title, explanation }) as const;

/** What the order API refuses, and what to do about it. The second part are the codes of single faults. */
export const orderErrorCodes: ErrorCodes = {
  'order-not-found': {
    status: 404,
    title: 'There is no such order',
    explanation: 'The id names no order, or an order of somebody else. Check the id from the `Location` of the 201.',
  },
  'order-not-cancellable': {
    status: 409,
    title: 'The order can no longer be cancelled',
    explanation: 'It is shipped or at its end, or a cancellation was refused because the payment was captured.',
  },
  'price-changed': {
    status: 409,
    title: 'A price has changed',
    explanation: 'The catalogue has another price than the request. Show the customer the new one and place again.',
  },
  'too-many-streams': {
    status: 503,
    title: 'Too many event streams are open',
    explanation:
      'A token’s subject may have 20. Read the history without `Accept: text/event-stream`, or come back later.',
    retryAfterSeconds: 5,
  },
  'unknown-currency': fault('The currency is unknown', 'Send a current ISO 4217 code in upper case.'),
  'unknown-country': fault('The country is unknown', 'Send an ISO 3166-1 alpha-2 code in upper case.'),
  'item-count': fault('There are no items, or too many', 'An order has 1 to 200 items.'),
  'duplicate-product': fault('A product occurs twice', 'Send each product once, with the whole quantity.'),
  'quantity-out-of-range': fault('The quantity is out of range', 'A whole number from 1 to 1,000,000.'),
  'price-out-of-range': fault('The price is out of range', 'Whole minor units from 1 to 10^12: 1999 is 19.99.'),
  'total-too-large': fault('The total is too large', 'It may be at most 2^53 - 1 minor units.'),
  'total-mismatch': fault('The total does not match', 'Leave `total` out, or send what the items add up to.'),
};
