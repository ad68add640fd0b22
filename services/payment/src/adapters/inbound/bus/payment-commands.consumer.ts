import type { MessageHandlers } from '@checkout/messaging';
import type { Payments } from '../../../application/payments.ts';
import type { PaymentEvent, PaymentState } from '../../../domain/payment.ts';

/** The saga's commands to the payment service. */
export function paymentCommandHandlers(payments: Payments): MessageHandlers<PaymentState, PaymentEvent> {
  return { AuthorizePayment: payments.authorize, CapturePayment: payments.capture, ReleasePayment: payments.release };
}
