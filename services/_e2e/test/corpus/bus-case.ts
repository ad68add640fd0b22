import { composeAntifraud } from '@checkout/antifraud';
import { isMessageType, type RawMessage, type ServiceName, topicOf, type MessageType } from '@checkout/contracts';
import { anOrder } from '@checkout/event-log/testing';
import type { OrderId } from '@checkout/kernel';
import { createSeededIds, createSeededRandom, createVirtualClock, type VirtualClock } from '@checkout/kernel/testing';
import { TransientError } from '@checkout/messaging';
import { startService } from '@checkout/messaging/testing';
import { composeOrchestrator } from '@checkout/orchestrator';
import { composeOrder } from '@checkout/order';
import { composePayment } from '@checkout/payment';
import { createSilentLogger } from '@checkout/runtime/testing';
import { startProvider } from '@checkout/sandbox/testing';
import { composeShipping } from '@checkout/shipping';
import { placement } from '../client.ts';
import { changedJson } from './change-json.ts';
import type { BusCase } from './notation.ts';

const { userId, currency, items, paymentToken, shippingAddress } = placement;
const money = { amount: 3998, currency };

/** A message that the service handles for an order which it has never heard of. */
const goodMessages: Readonly<Record<ServiceName, { readonly type: MessageType; readonly data: unknown }>> = {
  order: { type: 'RefuseCancellation', data: { reason: 'captured' } },
  orchestrator: {
    type: 'OrderCreated',
    data: { userId, currency, items, total: 3998, paymentToken, shippingAddress },
  },
  antifraud: { type: 'AssessFraud', data: { attempt: 1, ...money, userId, items } },
  payment: { type: 'AuthorizePayment', data: { attempt: 1, ...money, paymentToken } },
  shipping: { type: 'RequestShipment', data: { attempt: 1, items, shippingAddress } },
};

/** A service as it is composed for production, on virtual time, with a bus that carries what the cases say. */
export type BusWorld = Awaited<ReturnType<typeof openBusWorld>>;

export async function openBusWorld(name: ServiceName) {
  const clock = createVirtualClock();
  const provider = await startProvider({ provider: providerOf[name] ?? 'bureau', clock });
  const service = await startService({
    name,
    clock,
    network: provider.network,
    compose: (parts) => compose(name, { ...parts, ...common(clock) }, provider),
  });
  let orders = 0;
  const message = (orderId: OrderId, type: string, data: unknown): RawMessage => {
    const good = goodMessages[name];
    const raw = service.build(good.type, orderId, { broken: data });
    return { ...raw, type, data, topic: isMessageType(type) ? topicOf(type) : topicOf(good.type) };
  };
  const good = (orderId: OrderId) => message(orderId, goodMessages[name].type, goodMessages[name].data);
  const rowsOf = async (orderId: OrderId) => (await service.rows(orderId)).length;

  return {
    /** What became of the case's message between two good messages of other orders and before a good one of its own. */
    async fateOf(one: BusCase): Promise<string> {
      const [before, ours, after] = [anOrder(0, ++orders), anOrder(0, ++orders), anOrder(0, ++orders)] as const;
      const data: unknown = one.data === undefined ? undefined : JSON.parse(changedJson(one.data, one));
      const batch = [good(before), message(ours, one.type, data), good(ours), good(after)];
      try {
        await service.command(...batch);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        const recorded = (await rowsOf(before)) + (await rowsOf(ours)) + (await rowsOf(after));
        return recorded === 0 ? 'transient' : 'transient, yet something was recorded';
      }
      const neighbours = Math.min(await rowsOf(before), await rowsOf(after));
      if (neighbours === 0) return 'a neighbour was not handled';
      const letters = await service.service().module.deadLetters?.redrive(ours, { dryRun: true });
      const states = letters?.items.map(({ state }) => state).join(', ');
      if (states === 'parked, held') return (await rowsOf(ours)) === 0 ? 'parked' : 'parked, yet it was recorded';
      if (states !== undefined) return `its dead letters are ${states}`;
      return (await rowsOf(ours)) > 1 ? 'handled' : 'ignored';
    },
    async close() {
      const verified = await service.service().module.verifyLog?.();
      await service.stop();
      await provider.stop();
      return verified;
    },
  };
}

const providerOf: Partial<Record<ServiceName, 'psp' | 'carrier' | 'bureau'>> = { payment: 'psp', shipping: 'carrier' };

function common(clock: VirtualClock) {
  return { clock, ids: createSeededIds(3), random: createSeededRandom(3), logger: createSilentLogger() };
}

type Parts = Parameters<Parameters<typeof startService>[0]['compose']>[0] & ReturnType<typeof common>;
const timeouts = { timeoutMs: 2_000, unknownDeadlineMs: 20_000 };
const policy = { retryBaseMs: 1_000, retryCapMs: 60_000, stepTries: 12, undoTries: 6, reviewDeadlineMs: 86_400_000 };

function compose(name: ServiceName, parts: Parts, provider: { readonly url: string; readonly webhookSecret: string }) {
  const config = { ...timeouts, providerUrl: provider.url, webhookSecret: provider.webhookSecret };
  switch (name) {
    case 'order':
      return composeOrder(parts);
    case 'orchestrator':
      return composeOrchestrator({ ...parts, policy });
    case 'antifraud':
      return composeAntifraud({ ...parts, config: { ...config, reviewTotalMinor: undefined } });
    case 'payment':
      return composePayment({ ...parts, config });
    case 'shipping':
      return composeShipping({ ...parts, config });
  }
}
