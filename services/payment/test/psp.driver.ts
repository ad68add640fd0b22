import { createTestApp, send, type TestApp } from '@checkout/http/testing';
import type { OrderId } from '@checkout/kernel';
import { createSeededIds, createSeededRandom, type VirtualClock } from '@checkout/kernel/testing';
import { type AppFetch, createAppHttpClient, createSilentLogger } from '@checkout/runtime/testing';
import { composeSandbox } from '@checkout/sandbox';

export const webhookSecret = 'a secret for tests';
/** Where the payment service is, as the provider knows it. */
const shopOrigin = 'http://shop.test';
export const pspOrigin = 'http://sandbox.test';
export const pspUrl = `${pspOrigin}/psp`;

export type LedgerRow = {
  readonly authorized: number;
  readonly captured: number;
  readonly refunded: number;
  readonly voided: number;
};

/**
 * The sandbox as the payment provider, on virtual time and with a ledger of its own.
 * @param shop answers the provider's webhooks
 */
export async function startPsp(clock: VirtualClock, shop: AppFetch = () => new Response(null, { status: 204 })) {
  const sandbox = composeSandbox({
    config: {
      ledgerFile: ':memory:',
      deliveryMs: 500,
      webhooks: { psp: { url: `${shopOrigin}/v1/webhooks/psp`, secret: webhookSecret } },
    },
    clock,
    ids: createSeededIds(2),
    random: createSeededRandom(2),
    logger: createSilentLogger(),
    httpClient: createAppHttpClient({ clock, apps: { [shopOrigin]: shop } }),
  });
  await sandbox.start();
  const app: TestApp = createTestApp([sandbox.module], clock);
  return {
    /** For the apps of a client. */
    fetch: (request: Request) => app.request(request),
    /** In the words of `PUT /faults`, for the provider. */
    setFaults: async (psp: Readonly<Record<string, number | boolean>>) => {
      const { status } = await send(app, 'PUT', '/faults', { body: { psp } });
      if (status !== 200) throw new Error(`the sandbox does not take these faults: ${status}`);
    },
    /** What the provider's books say of an order; `undefined` when it knows nothing of it. */
    ledgerOf: async (orderId: OrderId): Promise<LedgerRow | undefined> => {
      const { body } = await send(app, 'GET', `/ledger?orderId=${orderId}`);
      const [row] = (body as { payments: readonly LedgerRow[] }).payments;
      if (row === undefined) return undefined;
      const { authorized, captured, refunded, voided } = row;
      return { authorized, captured, refunded, voided };
    },
    /** Somebody at the provider's counter voids an authorisation. */
    voidByHand: async (reference: OrderId) => {
      await send(app, 'POST', '/psp/voids', { body: { reference }, headers: { 'Idempotency-Key': 'by hand' } });
    },
    stop: async () => {
      sandbox.endStreams();
      await sandbox.stop();
      await sandbox.close();
    },
  };
}
