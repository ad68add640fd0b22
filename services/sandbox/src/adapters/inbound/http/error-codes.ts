import type { ErrorCodes } from '@checkout/http';

const declined = {
  status: 402,
  explanation: 'Decided by the payment token. Ask the customer for another means of payment.',
} as const;

/** What the stand-ins refuse, in the words of the providers that they stand for. */
export const sandboxErrorCodes = {
  'payment-declined': { ...declined, title: 'The payment was declined' },
  'insufficient-funds': { ...declined, title: 'The account does not hold enough money' },
  'capture-rejected': {
    status: 422,
    title: 'The payment cannot be captured',
    explanation: 'There is no live authorisation of this amount, or the issuer rejected the capture.',
  },
  'already-captured': {
    status: 409,
    title: 'The payment was captured',
    explanation: 'What was captured cannot be voided any more: refund it.',
  },
  'refund-rejected': {
    status: 422,
    title: 'The refund is more than was captured',
    explanation: 'Refunds of a payment add up to at most what was captured, in its currency.',
  },
  'shipment-rejected': {
    status: 422,
    title: 'The carrier does not take the shipment',
    explanation: 'It does not deliver to the postal code, or the reference is booked or cancelled.',
  },
  'not-dispatchable': {
    status: 409,
    title: 'The shipment cannot be dispatched',
    explanation: 'Only a booked shipment can be handed over.',
  },
  'already-dispatched': {
    status: 409,
    title: 'The parcel has left',
    explanation: 'A shipment can be cancelled until it is dispatched.',
  },
  'provider-failure': {
    status: 500,
    title: 'The provider failed',
    explanation:
      'Nothing was done. The setting `errorRate`, or `voidFails` with the token `tok_void_fails`, asks for this.',
  },
} as const satisfies ErrorCodes;
