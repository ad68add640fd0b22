import { createTestApp, send, type TestApp } from '@checkout/http/testing';
import { anOrder } from '@checkout/event-log/testing';
import type { OrderId } from '@checkout/kernel';
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@checkout/kernel/testing';
import { startService } from '@checkout/messaging/testing';
import { type HttpRequest, signWebhook } from '@checkout/runtime';
import { createAppHttpClient, createRecordingLogger, type NetworkFault } from '@checkout/runtime/testing';
import { composePayment } from '../src/composition.ts';
import { amount, currency } from './payment.fixture.ts';
import { pspOrigin, pspUrl, startPsp, webhookSecret } from './psp.driver.ts';

export const ours = anOrder(0, 1);
export const neighbour = anOrder(0, 2);

/** One try of a call to the provider. */
export type Sent = {
  /** Unix milliseconds. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly key?: string;
};

export type PaymentOptions = { readonly unknownDeadlineMs?: number };

/** The payment service as it is composed for production, on virtual time, with the sandbox as its provider. */
export async function startPayment({ unknownDeadlineMs = 20_000 }: PaymentOptions = {}) {
  const clock = createVirtualClock();
  const logger = createRecordingLogger();
  const sent: Sent[] = [];
  let faultOf: (request: HttpRequest) => NetworkFault | undefined = () => undefined;
  let changeAnswer = (body: string) => body;

  const psp = await startPsp(clock, (request) => payment.service().app.request(request));
  const network = createAppHttpClient({
    clock,
    apps: {
      async [pspOrigin](request) {
        const response = await psp.fetch(request);
        const { status, headers } = response;
        return new Response(changeAnswer(await response.text()), { status, headers });
      },
    },
    faultOf: (request) => {
      const key = request.headers?.['idempotency-key'];
      const path = new URL(request.url).pathname.replace('/psp', '');
      sent.push({ at: clock.now(), method: request.method, path, ...(key !== undefined && { key }) });
      return faultOf(request);
    },
  });
  const payment = await startService({
    name: 'payment',
    clock,
    network,
    compose(parts) {
      const service = composePayment({
        ...parts,
        config: { providerUrl: pspUrl, timeoutMs: 2_000, unknownDeadlineMs, webhookSecret },
        clock,
        random: createSeededRandom(3),
        logger,
      });
      return { ...service, app: createTestApp([service.module], clock) };
    },
  });
  const { build, service } = payment;

  return {
    ...payment,
    clock,
    logger,
    sent,
    pass: (ms: number) => clock.advance(ms),
    setFaults: psp.setFaults,
    ledgerOf: psp.ledgerOf,
    settleByHand: psp.voidByHand,
    /** The network between us and the provider, from now on. */
    setNetwork: (fault: NetworkFault | undefined, isMeant: (request: HttpRequest) => boolean = () => true) => {
      faultOf = (request) => (isMeant(request) ? fault : undefined);
    },
    /** The provider's answers say something else, from now on. */
    setAnswers: (change: (body: string) => string) => {
      changeAnswer = change;
    },
    authorizePayment: (orderId: OrderId, { token = 'tok_approve', attempt = 1 } = {}) =>
      build('AuthorizePayment', orderId, { attempt, amount, currency, paymentToken: token }),
    capturePayment: (orderId: OrderId, attempt = 1) => build('CapturePayment', orderId, { attempt }),
    releasePayment: (orderId: OrderId, attempt = 1) => build('ReleasePayment', orderId, { attempt, mode: 'undo' }),
    verifyReleased: (orderId: OrderId, attempt = 1) => build('ReleasePayment', orderId, { attempt, mode: 'verify' }),
    app: () => service().app,
    payment: async (orderId: OrderId) => (await send(service().app, 'GET', `/v1/payments/${orderId}`)).body,
    /** What our app answers to a webhook. */
    webhook: (body: unknown, parts: WebhookParts = {}) => sendWebhook(service().app, clock, body, parts),
    /** Ends the world, and holds the log against the read model. */
    end: async () => {
      const verification = await service().module.verifyLog?.();
      await payment.stop();
      await psp.stop();
      if (verification?.ok !== true) throw new Error(`the log is not in order: ${verification?.findings.join()}`);
    },
  };
}

export type WebhookParts = {
  readonly secret?: string;
  readonly id?: string;
  /** How long ago it was signed, milliseconds. */
  readonly ageMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
};

function sendWebhook(app: TestApp, clock: VirtualClock, body: unknown, parts: WebhookParts) {
  const { secret = webhookSecret, id = 'w-1', ageMs = 0, headers = {} } = parts;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const timestamp = String(Math.floor((clock.now() - ageMs) / 1000));
  return send(app, 'POST', '/v1/webhooks/psp', {
    body: text,
    headers: {
      'Webhook-Id': id,
      'Webhook-Timestamp': timestamp,
      'Webhook-Signature': signWebhook(secret, { id, timestamp, body: text }),
      ...headers,
    },
  });
}
