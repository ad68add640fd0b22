import { createTestApp, send, type TestApp } from '@checkout/http/testing';
import type { Clock, Random } from '@checkout/kernel';
import { createSeededIds, createSeededRandom, createVirtualClock, type VirtualClock } from '@checkout/kernel/testing';
import { createAppHttpClient, createSilentLogger } from '@checkout/runtime/testing';
import { composeSandbox, type SandboxConfig } from '../src/composition.ts';

export type ReceivedWebhook = {
  readonly path: string;
  readonly headers: Headers;
  readonly text: string;
  readonly body: { readonly id: string; readonly type: string; readonly reference: string; readonly amount?: number };
};

export const webhookSecret = 'a secret for tests';

export type SandboxOptions = {
  readonly config?: Partial<SandboxConfig>;
  readonly clock?: VirtualClock;
  readonly random?: Random;
  /** Answers webhooks; takes them all by default. */
  readonly receive?: (webhook: ReceivedWebhook) => number | Promise<number>;
};

/** A started sandbox of production parts on virtual time, with a receiver for its webhooks. */
export async function startSandbox(options: SandboxOptions = {}) {
  const { clock = createVirtualClock(), random = createSeededRandom(1), receive = () => 204 } = options;
  const webhooks: ReceivedWebhook[] = [];
  const receiver = async (request: Request) => {
    const text = await request.text();
    const webhook = { path: new URL(request.url).pathname, headers: request.headers, text, body: JSON.parse(text) };
    webhooks.push(webhook);
    return new Response(null, { status: await receive(webhook) });
  };
  const sandbox = composeSandbox({
    config: {
      ledgerFile: ':memory:',
      deliveryMs: 500,
      webhooks: {
        psp: { url: 'http://shop.test/psp', secret: webhookSecret },
        carrier: { url: 'http://shop.test/carrier', secret: webhookSecret },
      },
      ...options.config,
    },
    clock,
    ids: createSeededIds(),
    random,
    logger: createSilentLogger(),
    httpClient: createAppHttpClient({ clock, apps: { 'http://shop.test': receiver } }),
  });
  await sandbox.start();
  const app = createTestApp([sandbox.module], clock);
  const stop = async () => {
    sandbox.endStreams();
    await sandbox.stop();
    await sandbox.close();
  };
  return { ...operations(app, clock), app, clock, webhooks, stop };
}

/** What a shop asks of the providers, in their words. A request that gets no answer is `no answer`. */
function operations(app: TestApp, clock: Clock & Pick<VirtualClock, 'settle'>) {
  const ask = async (method: string, path: string, body?: unknown, key?: string) => {
    try {
      const headers = key === undefined ? {} : { 'Idempotency-Key': key };
      const answer = await send(app, method, path, { body, headers });
      return { status: answer.status, body: answer.body as Record<string, unknown>, headers: answer.headers };
    } catch (error) {
      if ((error as { code?: string }).code === 'ECONNRESET') return 'no answer' as const;
      throw error;
    }
  };
  const eur = (reference: string, amount: number) => ({ reference, amount, currency: 'EUR' });
  return {
    ask,
    authorize: (reference: string, { token = 'tok_approve', amount = 3998, key = `${reference}:authorize` } = {}) =>
      ask('POST', '/psp/authorizations', { ...eur(reference, amount), token }, key),
    capture: (reference: string, { amount = 3998, key = `${reference}:capture` } = {}) =>
      ask('POST', '/psp/captures', eur(reference, amount), key),
    void: (reference: string, { key = `${reference}:void` } = {}) => ask('POST', '/psp/voids', { reference }, key),
    refund: (reference: string, { amount = 3998, key = `${reference}:refund` } = {}) =>
      ask('POST', '/psp/refunds', eur(reference, amount), key),
    findPayment: (reference: string) => ask('GET', `/psp/payments/${reference}`),
    book: (reference: string, { postalCode = '10115', key = `${reference}:book`, quantity = 1 } = {}) =>
      ask('POST', '/carrier/shipments', bookingOf(reference, postalCode, quantity), key),
    dispatch: (reference: string) => ask('POST', `/carrier/shipments/${reference}/dispatch`),
    cancel: (reference: string) => ask('POST', `/carrier/shipments/${reference}/cancel`),
    findShipment: (reference: string) => ask('GET', `/carrier/shipments/${reference}`),
    score: (reference: string, { userId = 'u-1', key = `${reference}:score` } = {}) =>
      ask('POST', '/bureau/scores', { ...eur(reference, 3998), userId }, key),
    setFaults: (faults: unknown) => ask('PUT', '/faults', faults),
    async ledgerOf(reference: string) {
      const answer = await ask('GET', `/ledger?orderId=${reference}`);
      const books = (answer === 'no answer' ? {} : answer.body) as { payments: unknown[]; shipments: unknown[] };
      return { payment: books.payments[0], shipment: books.shipments[0] };
    },
    /** Lets what is due now happen. */
    settle: () => clock.settle(),
  };
}

function bookingOf(reference: string, postalCode: string, quantity: number) {
  const recipient = { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode, country: 'DE' };
  return { reference, recipient, items: [{ productId: 'sku-1', quantity }] };
}
