import { createSeededRandom, createVirtualClock } from '@checkout/kernel/testing';
import { recordSpans, type SpanRecording } from '@checkout/telemetry/testing';
import { beginSpan } from '@checkout/telemetry';
import { afterEach, expect, test } from 'vitest';
import type { HttpRequest, HttpResult } from './http-client.ts';
import { createMetrics } from './metrics.ts';
import { createProviderCaller } from './provider-caller.ts';
import { createSilentLogger } from './testing/loggers.ts';

const request = {
  method: 'POST',
  url: 'http://psp.test/captures',
  headers: { 'idempotency-key': 'o-1:capture' },
} as const;

let recording: SpanRecording | undefined;
afterEach(async () => {
  await recording?.stop();
  recording = undefined;
});

function setup(result: HttpResult | Error) {
  const clock = createVirtualClock();
  const sent: HttpRequest[] = [];
  const caller = createProviderCaller({
    name: 'psp',
    httpClient: {
      async send(sending) {
        sent.push(sending);
        if (result instanceof Error) throw result;
        return result;
      },
      close: async () => {},
    },
    clock,
    random: createSeededRandom(1),
    logger: createSilentLogger(),
    metrics: createMetrics('payment'),
    timeoutMs: 2_000,
    tries: 1,
  });
  return { sent, call: () => caller.call(request, { deadlineMs: clock.monotonic() + 10_000 }) };
}

test('a call is a span of the work that makes it, and the provider hears which', async () => {
  recording = recordSpans();
  const { sent, call } = setup({ kind: 'response', status: 201, headers: {}, body: '{}' });
  const work = beginSpan(() => ({ name: 'work', kind: 'consumer', service: 'payment' }));
  await work?.run(call);
  work?.end();

  const [span, outer] = recording.spans();
  expect(span).toMatchObject({
    name: 'POST psp',
    kind: 'client',
    service: 'payment',
    parentId: outer?.spanId,
    isFailed: false,
    attributes: { 'checkout.provider.outcome': 'answered', 'url.path': '/captures' },
  });
  expect(sent[0]?.headers).toEqual({
    ...request.headers,
    traceparent: `00-${span?.traceId}-${span?.spanId}-01`,
  });
});

test('a call that proves nothing has failed', async () => {
  recording = recordSpans();
  await setup({ kind: 'no-answer', reason: 'timeout' }).call();

  expect(recording.spans()).toMatchObject([{ isFailed: true, attributes: { 'checkout.provider.outcome': 'unknown' } }]);
});

test('a call that throws, by a defect, leaves no span open', async () => {
  recording = recordSpans();
  await expect(setup(new Error('defect')).call()).rejects.toThrow('defect');

  expect(recording.spans()).toMatchObject([{ isFailed: true, attributes: { 'checkout.provider.outcome': 'none' } }]);
});

test('without telemetry the request goes out as it is', async () => {
  const { sent, call } = setup({ kind: 'response', status: 201, headers: {}, body: '{}' });
  await call();

  expect(sent[0]?.headers).toEqual(request.headers);
});
