import { anOrder } from '@checkout/event-log/testing';
import { createTestApp, send } from '@checkout/http/testing';
import type { OrderId } from '@checkout/kernel';
import { createSeededRandom, createVirtualClock } from '@checkout/kernel/testing';
import { startService } from '@checkout/messaging/testing';
import { createMetrics, renderMetrics } from '@checkout/runtime';
import { createRecordingLogger } from '@checkout/runtime/testing';
import { startProvider, type WebhookParts } from '@checkout/sandbox/testing';
import { composeShipping } from '../src/composition.ts';

export const ours = anOrder(0, 1);
export const neighbour = anOrder(0, 2);

export type ShippingOptions = { readonly unknownDeadlineMs?: number };

/** The shipping service as it is composed for production, on virtual time, with the sandbox as its carrier. */
export async function startShipping({ unknownDeadlineMs = 20_000 }: ShippingOptions = {}) {
  const clock = createVirtualClock();
  const logger = createRecordingLogger();
  const metrics = createMetrics('shipping');
  const carrier = await startProvider({
    provider: 'carrier',
    clock,
    service: (request) => shipping.service().app.request(request),
  });
  const shipping = await startService({
    name: 'shipping',
    clock,
    network: carrier.network,
    compose(parts) {
      const service = composeShipping({
        ...parts,
        config: { providerUrl: carrier.url, timeoutMs: 2_000, unknownDeadlineMs, webhookSecret: carrier.webhookSecret },
        clock,
        random: createSeededRandom(3),
        logger,
        metrics,
      });
      return { ...service, app: createTestApp([service.module], clock) };
    },
  });
  const { build, service } = shipping;

  return {
    ...shipping,
    clock,
    logger,
    metrics: async () => (await renderMetrics([metrics])).text,
    sent: carrier.sent,
    pass: (ms: number) => clock.advance(ms),
    setFaults: carrier.setFaults,
    setNetwork: carrier.setNetwork,
    setAnswers: carrier.setAnswers,
    /** Where the parcel is by the carrier's own books; `undefined` when they know nothing of it. */
    stateAtCarrier: async (orderId: OrderId) => stateOf(await carrier.ledgerOf(orderId)),
    /** Somebody at the carrier's counter does it. */
    atTheCounter: (operation: 'dispatch' | 'cancel', orderId: OrderId) =>
      carrier.askByHand(`/shipments/${orderId}/${operation}`),
    requestShipment: (orderId: OrderId, { postalCode = '10115', attempt = 1 } = {}) =>
      build('RequestShipment', orderId, { attempt, ...parcelTo(postalCode) }),
    dispatchShipment: (orderId: OrderId, attempt = 1) => build('DispatchShipment', orderId, { attempt }),
    awaitDelivery: (orderId: OrderId, attempt = 1) => build('AwaitDelivery', orderId, { attempt }),
    cancelShipment: (orderId: OrderId, attempt = 1) => build('CancelShipment', orderId, { attempt }),
    app: () => service().app,
    shipment: async (orderId: OrderId) => (await send(service().app, 'GET', `/v1/shipments/${orderId}`)).body,
    /** What our app answers to a webhook. */
    webhook: (body: unknown, parts: WebhookParts = {}) => {
      const { path, ...webhook } = carrier.webhook(body, parts);
      return send(service().app, 'POST', path, webhook);
    },
    /** Ends the world, and holds the log against the read model. */
    end: async () => {
      const verification = await service().module.verifyLog?.();
      await shipping.stop();
      await carrier.stop();
      if (verification?.ok !== true) throw new Error(`the log is not in order: ${verification?.findings.join()}`);
    },
  };
}

function parcelTo(postalCode: string) {
  return {
    items: [{ productId: 'sku-1', quantity: 2, unitPrice: 1_999 }],
    shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode, country: 'DE' },
  };
}

function stateOf(row: unknown): string | undefined {
  return (row as { readonly state: string } | undefined)?.state;
}
