import { createTestApp, send } from '@checkout/http/testing';
import { anOrder } from '@checkout/event-log/testing';
import type { OrderId } from '@checkout/kernel';
import { createSeededRandom, createVirtualClock } from '@checkout/kernel/testing';
import { startService } from '@checkout/messaging/testing';
import { createRecordingLogger } from '@checkout/runtime/testing';
import { startProvider, type WebhookParts } from '@checkout/sandbox/testing';
import { composePayment } from '../src/composition.ts';
import { amount, currency } from './payment.fixture.ts';

export const ours = anOrder(0, 1);
export const neighbour = anOrder(0, 2);

const minuteMs = 60_000;
/** Long enough for every loop to look at the time. */
const awakeMs = 2_000;

export type PaymentOptions = { readonly unknownDeadlineMs?: number };

/** The payment service as it is composed for production, on virtual time, with the sandbox as its provider. */
export async function startPayment({ unknownDeadlineMs = 20_000 }: PaymentOptions = {}) {
  const clock = createVirtualClock();
  const logger = createRecordingLogger();
  const psp = await startProvider({
    provider: 'psp',
    clock,
    service: (request) => payment.service().app.request(request),
  });
  const payment = await startService({
    name: 'payment',
    clock,
    network: psp.network,
    compose(parts) {
      const service = composePayment({
        ...parts,
        config: { providerUrl: psp.url, timeoutMs: 2_000, unknownDeadlineMs, webhookSecret: psp.webhookSecret },
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
    sent: psp.sent,
    pass: (ms: number) => clock.advance(ms),
    /** Hours and days: the process looks at the time once a minute, by which timers are up to a minute late. */
    passLong: async (ms: number) => {
      for (let passedMs = 0; passedMs < ms; passedMs += minuteMs) {
        clock.jump(minuteMs - awakeMs);
        await clock.advance(awakeMs);
      }
    },
    setFaults: psp.setFaults,
    setNetwork: psp.setNetwork,
    setAnswers: psp.setAnswers,
    ledgerOf: async (orderId: OrderId) => amountsOf(await psp.ledgerOf(orderId)),
    /** Somebody at the provider's counter voids an authorisation. */
    settleByHand: (orderId: OrderId) => psp.askByHand('/voids', { reference: orderId }),
    authorizePayment: (orderId: OrderId, { token = 'tok_approve', attempt = 1 } = {}) =>
      build('AuthorizePayment', orderId, { attempt, amount, currency, paymentToken: token }),
    capturePayment: (orderId: OrderId, attempt = 1) => build('CapturePayment', orderId, { attempt }),
    releasePayment: (orderId: OrderId, attempt = 1) => build('ReleasePayment', orderId, { attempt, mode: 'undo' }),
    verifyReleased: (orderId: OrderId, attempt = 1) => build('ReleasePayment', orderId, { attempt, mode: 'verify' }),
    app: () => service().app,
    payment: async (orderId: OrderId) => (await send(service().app, 'GET', `/v1/payments/${orderId}`)).body,
    /** What our app answers to a webhook. */
    webhook: (body: unknown, parts: WebhookParts = {}) => {
      const { path, ...webhook } = psp.webhook(body, parts);
      return send(service().app, 'POST', path, webhook);
    },
    /** Ends the world, and holds the log against the read model. */
    end: async () => {
      const verification = await service().module.verifyLog?.();
      await payment.stop();
      await psp.stop();
      if (verification?.ok !== true) throw new Error(`the log is not in order: ${verification?.findings.join()}`);
    },
  };
}

export type LedgerRow = {
  readonly authorized: number;
  readonly captured: number;
  readonly refunded: number;
  readonly voided: number;
};

/** The amounts alone, of a payment in the provider's books. */
function amountsOf(row: unknown): LedgerRow | undefined {
  if (row === undefined) return undefined;
  const { authorized, captured, refunded, voided } = row as LedgerRow;
  return { authorized, captured, refunded, voided };
}
