import { type Clock, type OrderId, toOrderId } from '@checkout/kernel';
import { type ProviderCaller, readProviderOutcome } from '@checkout/runtime';
import { z } from 'zod';
import type {
  AuthorizeOutcome,
  CaptureOutcome,
  FindOutcome,
  PaymentGateway,
  PaymentLookup,
  ProviderRecord,
  RefundOutcome,
  VoidOutcome,
} from '../../application/ports/payment-gateway.port.ts';
import type { ProviderStatements, Statement } from '../../application/ports/provider-statement.port.ts';

export type HttpPaymentGatewayDeps = {
  /** The provider's base URL, without a slash at its end. */
  readonly baseUrl: string;
  readonly caller: ProviderCaller;
  /** For questions: a lane of their own, so that what resolves unknown outcomes never waits behind what makes them. */
  readonly lookupCaller: ProviderCaller;
  readonly clock: Clock;
  /** For a whole call with its retries, milliseconds. */
  readonly callTimeoutMs: number;
  /** Gives up every call, those under way too: the service stops. */
  readonly signal: AbortSignal;
};

const amount = z.int().min(0);
const ApprovedBody = z.object({ id: z.string(), status: z.literal('approved'), amount, currency: z.string() });
const CapturedBody = z.object({ id: z.string(), status: z.literal('captured'), amount, currency: z.string() });
const VoidedBody = z.object({ status: z.literal('voided') });
const RefundedBody = z.object({ status: z.literal('refunded'), refunded: amount, currency: z.string() });
const ProblemBody = z.object({ code: z.string(), detail: z.string().optional() });
const PaymentBody = z.object({
  currency: z.string(),
  authorization: z.enum(['none', 'approved', 'declined', 'voided']),
  declineReason: z.enum(['payment-declined', 'insufficient-funds']).nullish(),
  capture: z.enum(['none', 'captured', 'rejected']),
  authorized: amount,
  captured: amount,
  refunded: amount,
  voided: amount,
});

const StatementBody = z.object({ items: z.array(PaymentBody.extend({ reference: z.string() })) });

const otherFigures = { kind: 'unknown', reason: 'other-figures' } as const;

/** A PSP behind HTTP. An answer that is not understood is `unknown`: whatever it was, the provider may have acted. */
export function createHttpPaymentGateway(
  deps: HttpPaymentGatewayDeps,
): PaymentGateway & PaymentLookup & ProviderStatements {
  const { baseUrl, caller, lookupCaller, clock, callTimeoutMs, signal } = deps;
  const limits = () => ({ deadlineMs: clock.monotonic() + callTimeoutMs, signal });

  const post = (path: string, operation: string, orderId: OrderId, body: object) =>
    caller.call(
      {
        method: 'POST',
        url: `${baseUrl}/${path}`,
        headers: { 'content-type': 'application/json', 'idempotency-key': `${orderId}:${operation}` },
        body: JSON.stringify({ reference: orderId, ...body }),
      },
      limits(),
    );

  return {
    async authorize({ orderId, amount: asked, currency, paymentToken }): Promise<AuthorizeOutcome> {
      const body = { amount: asked, currency, token: paymentToken };
      const outcome = await post('authorizations', 'authorize', orderId, body);
      return readProviderOutcome<AuthorizeOutcome>(outcome, {
        201: (json) => {
          const { id, ...approved } = ApprovedBody.parse(json);
          if (approved.amount !== asked || approved.currency !== currency) return otherFigures;
          return { kind: 'approved', authorizationId: id, amount: asked, currency };
        },
        402: (json) => {
          const { code, detail = code } = ProblemBody.parse(json);
          return { kind: 'declined', code: code === 'insufficient-funds' ? code : 'payment-declined', detail };
        },
      });
    },
    async capture({ orderId, amount: asked, currency }): Promise<CaptureOutcome> {
      const outcome = await post('captures', 'capture', orderId, { amount: asked, currency });
      return readProviderOutcome<CaptureOutcome>(outcome, {
        201: (json) => {
          const { id, ...captured } = CapturedBody.parse(json);
          if (captured.amount !== asked || captured.currency !== currency) return otherFigures;
          return { kind: 'captured', captureId: id, amount: asked, currency };
        },
        422: (json) => rejected(json, 'capture-rejected'),
      });
    },
    async void({ orderId }): Promise<VoidOutcome> {
      return readProviderOutcome<VoidOutcome>(await post('voids', 'void', orderId, {}), {
        200: (json) => {
          VoidedBody.parse(json);
          return { kind: 'voided' };
        },
        409: (json) => {
          z.object({ code: z.literal('already-captured') }).parse(json);
          return { kind: 'already-captured' };
        },
      });
    },
    async refund({ orderId, amount: asked, currency }): Promise<RefundOutcome> {
      return readProviderOutcome<RefundOutcome>(await post('refunds', 'refund', orderId, { amount: asked, currency }), {
        201: (json) => {
          const refunded = RefundedBody.parse(json);
          return refunded.refunded === asked && refunded.currency === currency ? { kind: 'refunded' } : otherFigures;
        },
        422: (json) => rejected(json, 'refund-rejected'),
      });
    },
    async find(orderId): Promise<FindOutcome> {
      const outcome = await lookupCaller.call({ method: 'GET', url: `${baseUrl}/payments/${orderId}` }, limits());
      return readProviderOutcome<FindOutcome>(outcome, {
        200: (json) => recordOf(PaymentBody.parse(json)),
        404: () => ({ kind: 'absent' }),
      });
    },
    async statement(orderIds) {
      const outcome = await lookupCaller.call(
        { method: 'GET', url: `${baseUrl}/payments?references=${orderIds.join(',')}` },
        limits(),
      );
      return readProviderOutcome<Statement>(outcome, {
        200: (json) => ({
          kind: 'found',
          records: new Map(StatementBody.parse(json).items.map((item) => [toOrderId(item.reference), recordOf(item)])),
        }),
      });
    },
  };
}

function recordOf({ declineReason, ...found }: z.infer<typeof PaymentBody>): ProviderRecord {
  return { kind: 'found', ...found, ...(declineReason && { declineCode: declineReason }) };
}

function rejected(json: unknown, expectedCode: string): { kind: 'rejected'; detail: string } {
  const { code, detail = code } = ProblemBody.extend({ code: z.literal(expectedCode) }).parse(json);
  return { kind: 'rejected', detail };
}
