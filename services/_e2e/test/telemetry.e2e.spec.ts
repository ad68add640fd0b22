import {
  openDatadogAgent,
  openOtlpReceiver,
  type ReceivedSpan,
  type Receiver,
  renderTrace,
  traceTree,
} from '@checkout/telemetry/testing';
import { describe, expect, test } from 'vitest';
import { platformStartMs, startPlatform } from './platform.ts';
import { onServers } from './where.ts';

const modes = {
  otel: { open: openOtlpReceiver, settings: ({ url }: Receiver) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url }) },
  datadog: {
    open: openDatadogAgent,
    settings: ({ url }: Receiver) => ({ DD_TRACE_AGENT_URL: url, DD_ENV: 'test', DD_SERVICE: 'shop', DD_VERSION: '7' }),
  },
} as const;

/** Places an order, waits for its end, and gives all that the platform sent of its trace. */
async function traceOfAnOrder(mode: keyof typeof modes): Promise<readonly ReceivedSpan[]> {
  const { open, settings } = modes[mode];
  const receiver = await open();
  const platform = await startPlatform({ TELEMETRY: mode, ...settings(receiver) });
  try {
    const { id } = await platform.client.place();
    const read = () => platform.client.order(id);
    await platform.client.until('COMPLETED', read, ({ status }) => status === 'COMPLETED');
    // The saga hears of the end as well.
    await platform.client.until(
      'the saga’s end',
      () => platform.client.saga(id),
      ({ state }) => state === 'COMPLETED',
    );
  } finally {
    await platform.stop();
    await receiver.close();
  }
  const first = receiver.spans().find(({ name }) => name === 'POST /v1/orders');
  return receiver.spans().filter(({ traceId }) => traceId === first?.traceId);
}

/** What leads to what: a message, who records it and who handles it. */
const hops = [
  ['order', 'OrderCreated', 'orchestrator'],
  ['orchestrator', 'AssessFraud', 'antifraud'],
  ['antifraud', 'FraudCleared', 'orchestrator'],
  ['orchestrator', 'AuthorizePayment', 'payment'],
  ['payment', 'PaymentApproved', 'orchestrator'],
  ['orchestrator', 'RequestShipment', 'shipping'],
  ['shipping', 'ShipmentRequested', 'orchestrator'],
  ['orchestrator', 'CapturePayment', 'payment'],
  ['payment', 'PaymentCaptured', 'orchestrator'],
  ['orchestrator', 'DispatchShipment', 'shipping'],
  ['shipping', 'ShipmentDispatched', 'orchestrator'],
] as const;

/** The spans of these, each the parent of the next. To a broker a relay sends what was recorded; in one process nobody has to. */
const path = [
  'order: POST /v1/orders (server)',
  ...hops.flatMap(([from, message, to]) => [
    ...(onServers ? [`${from}: send ${message} (producer)`] : []),
    `${to}: process ${message} (consumer)`,
  ]),
];

describe.each(Object.keys(modes) as (keyof typeof modes)[])('telemetry: %s', (mode) => {
  test(
    'one order is one trace, from its POST to its completion',
    async () => {
      const trace = await traceOfAnOrder(mode);
      const drawn = renderTrace(trace);
      console.info(drawn);

      expect(traceTree(trace).map(({ span }) => span.name)).toEqual(['POST /v1/orders']);
      expect(pathTo(trace, 'process ShipmentDispatched')).toEqual(path);
      expect(pathTo(trace, 'process CompleteOrder').at(0)).toBe(path[0]);
      const calls = trace.filter(({ kind }) => kind === 'client').map(({ name }) => name);
      expect(new Set(calls)).toEqual(new Set(['POST bureau', 'POST psp', 'POST carrier', 'GET carrier']));
      expect(trace.filter(({ name }) => name === 'log append').length).toBeGreaterThan(0);
      // The provider went on in the trace that it was called in.
      expect(trace.some(({ service, kind }) => service === 'sandbox' && kind === 'server')).toBe(true);
      if (mode === 'datadog') {
        expect(trace[0]?.attributes).toMatchObject({ 'service.name': 'shop', env: 'test', version: '7' });
        expect(trace.find(({ kind }) => kind === 'consumer')?.attributes['operation.name']).toBe('messaging.process');
      }
    },
    platformStartMs * 2,
  );
});

/** The spans from the first of a trace to one by this name. */
function pathTo(trace: readonly ReceivedSpan[], name: string): readonly string[] {
  const names: string[] = [];
  let span = trace.find((each) => each.name === name);
  while (span !== undefined) {
    names.unshift(`${span.service}: ${span.name} (${span.kind})`);
    const { parentId } = span;
    span = trace.find(({ spanId }) => spanId === parentId);
  }
  return names;
}
