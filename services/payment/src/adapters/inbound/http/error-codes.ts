import type { ErrorCodes } from '@checkout/http';

export const paymentErrorCodes: ErrorCodes = {
  'payment-not-found': {
    status: 404,
    title: 'There is no payment for this order',
    explanation: 'The order does not exist, or its checkout has not come to the payment yet.',
  },
};
