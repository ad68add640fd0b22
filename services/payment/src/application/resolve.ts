import type { OrderId } from '@checkout/kernel';
import type { PaymentState } from '../domain/payment.ts';
import type { AuthorizationResult, CaptureResult } from '../domain/payment-outcomes.ts';
import type { PaymentGateway, PaymentLookup, ProviderRecord } from './ports/payment-gateway.port.ts';

/** What the provider says of an outcome that we did not learn. `open`: ask again later. */
export type Resolution<Result> = { readonly kind: 'settled'; readonly result: Result } | { readonly kind: 'open' };

type Ports = { readonly gateway: PaymentGateway; readonly lookup: PaymentLookup };

/**
 * Asks the provider by our reference. What it does not have is sent again with the same key, as long as `mayResend`:
 * providers forget their keys, and then the same request would charge a second time.
 */
export async function resolveAuthorization(
  { gateway, lookup }: Ports,
  orderId: OrderId,
  payment: Pick<Extract<PaymentState, { status: 'AUTHORIZING' }>, 'request'>,
  mayResend: boolean,
): Promise<Resolution<AuthorizationResult>> {
  const found = await lookup.find(orderId);
  if (found.kind === 'unavailable' || found.kind === 'unknown') return { kind: 'open' };
  const known = found.kind === 'found' ? authorizationIn(found, orderId) : undefined;
  if (known !== undefined) return { kind: 'settled', result: known };
  if (!mayResend) return { kind: 'open' };
  return settledOnly(await gateway.authorize({ orderId, ...payment.request }));
}

/** As `resolveAuthorization`, for a capture. */
export async function resolveCapture(
  { gateway, lookup }: Ports,
  orderId: OrderId,
  payment: Pick<Extract<PaymentState, { status: 'CAPTURING' }>, 'amount' | 'currency'>,
  mayResend: boolean,
): Promise<Resolution<CaptureResult>> {
  const { amount, currency } = payment;
  const found = await lookup.find(orderId);
  if (found.kind === 'unavailable' || found.kind === 'unknown') return { kind: 'open' };
  if (found.kind === 'found') {
    if (found.capture === 'captured') {
      return { kind: 'settled', result: capturedIn(found, orderId) };
    }
    if (found.capture === 'rejected' || found.authorization === 'voided') {
      return { kind: 'settled', result: { kind: 'rejected', detail: 'The provider has rejected the capture.' } };
    }
  }
  if (!mayResend) return { kind: 'open' };
  return settledOnly(await gateway.capture({ orderId, amount, currency }));
}

function capturedIn({ captured: amount, currency }: ProviderRecord, orderId: OrderId): CaptureResult {
  return { kind: 'captured', captureId: orderId, amount, currency };
}

function authorizationIn(found: ProviderRecord, orderId: OrderId): AuthorizationResult | undefined {
  switch (found.authorization) {
    case 'approved':
      return { kind: 'approved', authorizationId: orderId, amount: found.authorized, currency: found.currency };
    case 'declined':
      return {
        kind: 'declined',
        code: found.declineCode ?? 'payment-declined',
        detail: 'The provider has declined the payment.',
      };
    case 'voided':
      return { kind: 'declined', code: 'payment-declined', detail: 'The authorisation was voided at the provider.' };
    case 'none':
      return undefined;
  }
}

function settledOnly<Result extends { readonly kind: string }>(result: Result): Resolution<Result> {
  return result.kind === 'unavailable' || result.kind === 'unknown' ? { kind: 'open' } : { kind: 'settled', result };
}
