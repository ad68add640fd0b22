import type { ErrorCodes } from '@checkout/http';

export const antifraudErrorCodes: ErrorCodes = {
  'review-not-found': {
    status: 404,
    title: 'There is no review for this order',
    explanation: 'The order does not exist, or nobody has to look at it.',
  },
  'review-decided': {
    status: 409,
    title: 'The order is decided already',
    explanation: 'Somebody was faster, the order was never in doubt, or it ended before it was reviewed.',
  },
};
