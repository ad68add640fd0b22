import type { RawMessage } from '@checkout/contracts';
import { createEventLog } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { anOrder, testIdentity } from '@checkout/event-log/testing';
import { createTestApp, send, type TestApp } from '@checkout/http/testing';
import type { OrderId } from '@checkout/kernel';
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@checkout/kernel/testing';
import { messagesOfRow } from '@checkout/messaging';
import {
  type CrashPoint,
  createMessageBuilder,
  createMortalProcess,
  createStubBus,
  type MortalProcess,
  type StubBus,
  whileTimePasses,
} from '@checkout/messaging/testing';
import { type HttpRequest, signWebhook } from '@checkout/runtime';
import { createAppHttpClient, createRecordingLogger, type NetworkFault } from '@checkout/runtime/testing';
import { composePayment, type PaymentService } from '../src/composition.ts';
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

type Running = {
  readonly process: MortalProcess;
  readonly bus: StubBus;
  readonly service: PaymentService;
  readonly app: TestApp;
};

export type PaymentOptions = { readonly unknownDeadlineMs?: number };

/**
 * The payment service as it is composed for production, on virtual time: commands go in by a stub bus, the provider is the
 * sandbox, and the log is in memory. `crash` ends the process, `restart` begins one on what the last has recorded.
 */
export async function startPayment({ unknownDeadlineMs = 20_000 }: PaymentOptions = {}) {
  const clock = createVirtualClock();
  const logger = createRecordingLogger();
  const storage = createMemoryStorage({ identity: { ...testIdentity, service: 'payment' }, clock });
  const psp = await startPsp(clock, (request) => running.app.request(request));
  const sent: Sent[] = [];
  let faultOf: (request: HttpRequest) => NetworkFault | undefined = () => undefined;
  let changeAnswer = (body: string) => body;

  const line = createAppHttpClient({
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

  const begin = (): Running => {
    const process = createMortalProcess(storage, line);
    const log = createEventLog({ storage: process.storage, clock, soleWriter: true });
    const bus = createStubBus(testIdentity.partitions);
    const service = composePayment({
      config: { providerUrl: pspUrl, timeoutMs: 2_000, unknownDeadlineMs, webhookSecret },
      log,
      bus,
      clock,
      random: createSeededRandom(3),
      logger,
      httpClient: process.httpClient,
    });
    return { process, bus, service, app: createTestApp([service.module], clock) };
  };
  let running: Running = begin();
  await running.service.start();

  const build = createMessageBuilder(testIdentity.partitions);
  const rowsOf = (orderId: OrderId) => storage.readStream(orderId);
  const heard = async (orderId: OrderId) =>
    (await rowsOf(orderId))
      .flatMap((row) => messagesOfRow(storage.identity, row))
      .map(({ type, data }) => ({ type, data }));

  return {
    clock,
    logger,
    sent,
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
    /** Hands commands over as one delivery; resolves when they are recorded. */
    command: (...messages: readonly RawMessage[]) => whileTimePasses(clock, running.bus.deliver(...messages)),
    /** Hands commands over and looks no further: the process may end over them. */
    post: async (...messages: readonly RawMessage[]) => {
      void running.bus.deliver(...messages);
      await clock.settle();
    },
    pass: (ms: number) => clock.advance(ms),
    /** What the saga gets to hear of an order. */
    heard,
    heardTypes: async (orderId: OrderId) => (await heard(orderId)).map(({ type }) => type),
    rows: async (orderId: OrderId) => (await rowsOf(orderId)).map(({ type }) => type),
    recorded: rowsOf,
    timerOf: async (orderId: OrderId) => (await storage.readModel(orderId))?.timer ?? null,
    payment: async (orderId: OrderId) => (await send(running.app, 'GET', `/v1/payments/${orderId}`)).body,
    deadLetters: () => storage.deadLetters({ afterSeq: 0, limit: 10 }),
    /** What an app of ours answers to a webhook. */
    webhook: (body: unknown, parts: WebhookParts = {}) => sendWebhook(running.app, clock, body, parts),
    app: () => running.app,
    crash: () => running.process.crash(),
    crashAt: (point: CrashPoint) => running.process.crashAt(point),
    /** A new process on what is recorded; the one before may be dead or alive. */
    restart: async () => {
      running.process.crash();
      running = begin();
      await running.service.start();
      await clock.settle();
    },
    stopService: () => running.service.stop(),
    /** Ends the world, and holds the log against the read model. */
    end: async () => {
      const verification = await running.service.module.verifyLog?.();
      await whileTimePasses(clock, running.service.stop());
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
