import { anOrder } from '@checkout/event-log/testing';
import { createTestApp, send } from '@checkout/http/testing';
import type { OrderId } from '@checkout/kernel';
import { createSeededRandom, createVirtualClock } from '@checkout/kernel/testing';
import { startService } from '@checkout/messaging/testing';
import { createRecordingLogger } from '@checkout/runtime/testing';
import { startProvider } from '@checkout/sandbox/testing';
import { composeAntifraud } from '../src/composition.ts';

export const ours = anOrder(0, 1);
export const neighbour = anOrder(0, 2);

export type AntifraudOptions = { readonly reviewTotalMinor?: number };

/** The antifraud service as it is composed for production, on virtual time, with the sandbox as its bureau. */
export async function startAntifraud({ reviewTotalMinor }: AntifraudOptions = {}) {
  const clock = createVirtualClock();
  const logger = createRecordingLogger();
  const bureau = await startProvider({ provider: 'bureau', clock });
  const antifraud = await startService({
    name: 'antifraud',
    clock,
    network: bureau.network,
    compose(parts) {
      const service = composeAntifraud({
        ...parts,
        config: { providerUrl: bureau.url, timeoutMs: 2_000, reviewTotalMinor },
        clock,
        random: createSeededRandom(3),
        logger,
      });
      return { ...service, app: createTestApp([service.module], clock) };
    },
  });
  const { build, service } = antifraud;

  return {
    ...antifraud,
    clock,
    logger,
    sent: bureau.sent,
    pass: (ms: number) => clock.advance(ms),
    setFaults: bureau.setFaults,
    setNetwork: bureau.setNetwork,
    setAnswers: bureau.setAnswers,
    assessFraud: (orderId: OrderId, { userId = 'u-1', amount = 3_998, attempt = 1 } = {}) =>
      build('AssessFraud', orderId, {
        attempt,
        amount,
        currency: 'EUR',
        userId,
        items: [{ productId: 'sku-1', quantity: 2, unitPrice: 1_999 }],
      }),
    withdrawReview: (orderId: OrderId) => build('WithdrawReview', orderId, {}),
    app: () => service().app,
    decide: (orderId: string, decision: 'approve' | 'reject', body?: object) =>
      send(service().app, 'POST', `/v1/reviews/${orderId}/${decision}`, { body }),
    review: (orderId: string) => send(service().app, 'GET', `/v1/reviews/${orderId}`),
    reviews: (query = '') => send(service().app, 'GET', `/v1/reviews${query}`),
    /** Ends the world, and holds the log against the read model. */
    end: async () => {
      const verification = await service().module.verifyLog?.();
      await antifraud.stop();
      await bureau.stop();
      if (verification?.ok !== true) throw new Error(`the log is not in order: ${verification?.findings.join()}`);
    },
  };
}
