import { createSeededRandom, createVirtualClock } from '@checkout/kernel/testing';
import { whileTimePasses } from '@checkout/messaging/testing';
import { createMetrics, createProviderCaller } from '@checkout/runtime';
import { createSilentLogger, type NetworkFault } from '@checkout/runtime/testing';
import { startProvider } from '@checkout/sandbox/testing';
import { createHttpPaymentGateway } from '../src/adapters/outbound/payment-gateway.http.ts';
import { describePaymentGateway, type LineFault, type PaymentGatewayWorld } from './payment-gateway.contract.ts';
import { createPaymentGatewayTwin } from './payment-gateway.twin.ts';

const timeoutMs = 2_000;
const lateMs = 3_600_000;

describePaymentGateway('the twin', async (): Promise<PaymentGatewayWorld> => {
  const twin = createPaymentGatewayTwin();
  let line: LineFault = 'none';
  const operations = ['authorize', 'capture', 'void', 'refund', 'find'] as const;
  const onLine = <Value>(operation: (typeof operations)[number], call: () => Promise<Value>) => {
    if (line !== 'none') twin.script(operation, line);
    return call();
  };
  return {
    gateway: {
      authorize: (charge) => onLine('authorize', () => twin.authorize(charge)),
      capture: (charge) => onLine('capture', () => twin.capture(charge)),
      void: (reference) => onLine('void', () => twin.void(reference)),
      refund: (charge) => onLine('refund', () => twin.refund(charge)),
      find: (orderId) => onLine('find', () => twin.find(orderId)),
    },
    setLine: (fault) => {
      line = fault;
    },
    delayAuthorization: async () => twin.script('authorize', 'late'),
    land: async () => twin.land(),
    over: (call) => call,
    close: async () => {},
  };
});

describePaymentGateway('the HTTP adapter, with the sandbox behind it', async (): Promise<PaymentGatewayWorld> => {
  const clock = createVirtualClock();
  const psp = await startProvider({ provider: 'psp', clock });
  const faults: Record<LineFault, NetworkFault | undefined> = {
    none: undefined,
    refused: 'refused',
    'answer-lost': 'answer-lost',
    lost: 'black-hole',
  };
  const provider = {
    httpClient: psp.network,
    clock,
    random: createSeededRandom(1),
    logger: createSilentLogger(),
    metrics: createMetrics('payment'),
    timeoutMs,
  };
  const stopping = new AbortController();
  return {
    gateway: createHttpPaymentGateway({
      baseUrl: psp.url,
      caller: createProviderCaller({ ...provider, name: 'psp' }),
      lookupCaller: createProviderCaller({ ...provider, name: 'psp-lookup' }),
      clock,
      callTimeoutMs: timeoutMs * 4,
      signal: stopping.signal,
    }),
    setLine: (fault) => psp.setNetwork(faults[fault]),
    async delayAuthorization() {
      await psp.setFaults({ timeoutRate: 1, lateLandingMs: lateMs });
      // Queries would hang too: only the next request is to be late.
      void clock.sleep(50).then(() => psp.setFaults({ timeoutRate: 0 }));
    },
    land: () => clock.advance(lateMs),
    over: (call) => whileTimePasses(clock, call),
    close: async () => {
      stopping.abort();
      await psp.stop();
    },
  };
});
