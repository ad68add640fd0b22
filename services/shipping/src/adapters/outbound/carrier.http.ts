import type { Clock, OrderId } from '@checkout/kernel';
import { type ProviderCaller, readProviderOutcome } from '@checkout/runtime';
import { z } from 'zod';
import type {
  BookOutcome,
  CancelOutcome,
  Carrier,
  DispatchOutcome,
  TrackOutcome,
} from '../../application/ports/carrier.port.ts';

export type HttpCarrierDeps = {
  /** The carrier's base URL, without a slash at its end. */
  readonly baseUrl: string;
  readonly caller: ProviderCaller;
  readonly clock: Clock;
  /** For a whole call with its retries, milliseconds. */
  readonly callTimeoutMs: number;
  /** Gives up every call, those under way too: the service stops. */
  readonly signal: AbortSignal;
};

const BookedBody = z.object({ id: z.string(), state: z.string() });
const StateBody = z.object({
  id: z.string(),
  state: z.enum(['BOOKED', 'DISPATCHED', 'DELIVERED', 'CANCELLED', 'LOST', 'REJECTED']),
});
const DispatchedBody = z.object({ state: z.enum(['DISPATCHED', 'DELIVERED', 'LOST']) });
const CancelledBody = z.object({ state: z.literal('CANCELLED') });
const ProblemBody = z.object({ code: z.string(), detail: z.string().optional() });

/** A carrier behind HTTP. An answer that is not understood is `unknown`: whatever it was, the carrier may have acted. */
export function createHttpCarrier({ baseUrl, caller, clock, callTimeoutMs, signal }: HttpCarrierDeps): Carrier {
  const limits = () => ({ deadlineMs: clock.monotonic() + callTimeoutMs, signal });
  const post = (path: string, key: string, body: object) =>
    caller.call(
      {
        method: 'POST',
        url: `${baseUrl}/shipments${path}`,
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(body),
      },
      limits(),
    );

  return {
    async book({ orderId, items, shippingAddress }): Promise<BookOutcome> {
      const parcels = items.map(({ productId, quantity }) => ({ productId, quantity }));
      const body = { reference: orderId, recipient: shippingAddress, items: parcels };
      return readProviderOutcome<BookOutcome>(await post('', `${orderId}:book`, body), {
        201: (json) => ({ kind: 'booked', shipmentId: BookedBody.parse(json).id }),
        422: (json) => {
          const { detail = 'The carrier has refused the parcel.' } = ProblemBody.extend({
            code: z.literal('shipment-rejected'),
          }).parse(json);
          return { kind: 'rejected', detail };
        },
      });
    },
    async dispatch(orderId): Promise<DispatchOutcome> {
      return readProviderOutcome<DispatchOutcome>(await post(`/${orderId}/dispatch`, `${orderId}:dispatch`, {}), {
        200: (json) => {
          DispatchedBody.parse(json);
          return { kind: 'dispatched' };
        },
        409: (json) => {
          const { code, detail = code } = ProblemBody.extend({ code: z.literal('not-dispatchable') }).parse(json);
          return { kind: 'refused', detail };
        },
      });
    },
    async cancel(orderId): Promise<CancelOutcome> {
      return readProviderOutcome<CancelOutcome>(await post(`/${orderId}/cancel`, `${orderId}:cancel`, {}), {
        200: (json) => {
          CancelledBody.parse(json);
          return { kind: 'cancelled' };
        },
        409: (json) => {
          ProblemBody.extend({ code: z.literal('already-dispatched') }).parse(json);
          return { kind: 'already-dispatched' };
        },
      });
    },
    async track(orderId: OrderId): Promise<TrackOutcome> {
      const outcome = await caller.call({ method: 'GET', url: `${baseUrl}/shipments/${orderId}` }, limits());
      return readProviderOutcome<TrackOutcome>(outcome, {
        200: (json) => {
          const { id, state } = StateBody.parse(json);
          return { kind: 'found', shipmentId: id, state };
        },
        404: () => ({ kind: 'absent' }),
      });
    },
  };
}
