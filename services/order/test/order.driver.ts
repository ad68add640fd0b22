import { createTestApp, send } from '@checkout/http/testing';
import type { OrderId } from '@checkout/kernel';
import { createSeededIds, createSeededRandom, createVirtualClock } from '@checkout/kernel/testing';
import { startService, whileTimePasses } from '@checkout/messaging/testing';
import { createAppHttpClient, createSilentLogger } from '@checkout/runtime/testing';
import { composeOrder } from '../src/composition.ts';

/** What the API answers of an order, as far as the tests look at it. */
export type Shown = {
  readonly id: OrderId;
  readonly status: string;
  readonly cancellation: string;
  readonly code?: string;
};

const placement = {
  userId: 'u-1',
  currency: 'EUR',
  items: [{ productId: 'sku-1', quantity: 2, unitPrice: 1999 }],
  paymentToken: 'tok_approve',
  shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode: '10115', country: 'DE' },
} as const;

/** The order service as it is composed for production, on virtual time. */
export async function startOrders() {
  const clock = createVirtualClock();
  const ids = createSeededIds();
  const orders = await startService({
    name: 'order',
    clock,
    network: createAppHttpClient({ clock, apps: {} }),
    compose({ log, bus }) {
      const service = composeOrder({
        log,
        bus,
        clock,
        ids,
        random: createSeededRandom(3),
        logger: createSilentLogger(),
      });
      return { ...service, app: createTestApp([service.module], clock) };
    },
  });
  const { build, command, service } = orders;
  const request = async (method: string, path: string, options: Parameters<typeof send>[3] = {}) => {
    const { status, headers, body } = await send(service().app, method, path, options);
    return { status, isReplayed: headers.get('idempotent-replayed') === 'true', body: body as Shown };
  };

  return {
    ...orders,
    clock,
    pass: (ms: number) => clock.advance(ms),
    place: (key: string, change: object = {}) =>
      request('POST', '/v1/orders', { body: { ...placement, ...change }, headers: { 'Idempotency-Key': key } }),
    show: (orderId: OrderId) => request('GET', `/v1/orders/${orderId}`),
    cancel: (orderId: OrderId) => request('POST', `/v1/orders/${orderId}/cancel`),
    orders: async () =>
      ((await send(service().app, 'GET', '/v1/orders?userId=u-1')).body as { readonly items: readonly Shown[] }).items,
    saga: (orderId: OrderId, type: 'MarkOrderPaid' | 'MarkOrderShipped' | 'CompleteOrder') =>
      command(build(type, orderId, {})),
    /** Ends the world, and holds the log against the read model. */
    end: async () => {
      const verification = await service().module.verifyLog?.();
      service().endStreams();
      await whileTimePasses(clock, orders.stop());
      if (verification?.ok !== true) throw new Error(`the log is not in order: ${verification?.findings.join()}`);
    },
  };
}
