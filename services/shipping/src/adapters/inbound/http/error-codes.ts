import type { ErrorCodes } from '@checkout/http';

export const shippingErrorCodes: ErrorCodes = {
  'shipment-not-found': {
    status: 404,
    title: 'There is no shipment for this order',
    explanation: 'The order does not exist, or its checkout has not come to the shipment yet.',
  },
};
