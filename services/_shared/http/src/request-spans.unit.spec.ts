import { createSeededIds } from '@checkout/kernel/testing';
import { recordSpans, type SpanRecording } from '@checkout/telemetry/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ApiContext, requestOf } from './api-app.ts';
import { createTestApp, send, stubService } from './testing/test-app.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const sampled = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };

/** A service whose one route answers with its trace context. */
function setup(answer = (c: ApiContext) => c.text(requestOf(c).traceparent)) {
  return createTestApp([
    stubService({ name: 'order', routes: (app) => void app.get('/v1/orders/:id', (c) => answer(c)) }),
  ]);
}

describe('with telemetry', () => {
  let recording: SpanRecording;
  beforeEach(() => {
    recording = recordSpans();
  });
  afterEach(() => recording.stop());

  test('a request is a span of its caller’s trace, called by its route, and handled in it', async () => {
    const { body } = await send(setup(), 'GET', '/v1/orders/7', { headers: sampled });

    const [span] = recording.spans();
    expect(span).toMatchObject({
      name: 'GET /v1/orders/:id',
      kind: 'server',
      service: 'order',
      traceId,
      parentId: 'b7ad6b7169203331',
      isFailed: false,
      attributes: { 'http.request.method': 'GET', 'http.response.status_code': 200, 'url.path': '/v1/orders/7' },
    });
    expect(body).toBe(`00-${traceId}-${span?.spanId}-01`);
  });

  test('a request that failed shows it, and a refused one has not failed', async () => {
    const failing = setup(() => {
      throw new TypeError('nobody’s business');
    });
    await send(failing, 'GET', '/v1/orders/7');
    await send(
      setup((c) => c.text('no', 404)),
      'GET',
      '/v1/orders/7',
    );

    expect(recording.spans().map(({ isFailed }) => isFailed)).toEqual([true, false]);
    expect(JSON.stringify(recording.spans())).not.toContain('business');
  });

  test.each(['/healthz', '/metrics', '/nowhere'])('what no service owns is no span: %s', async (path) => {
    await send(setup(), 'GET', path);
    expect(recording.spans()).toEqual([]);
  });

  test('a request whose caller does not record keeps its context', async () => {
    const unsampled = { traceparent: sampled.traceparent.replace(/01$/, '00') };
    const { body } = await send(setup(), 'GET', '/v1/orders/7', { headers: unsampled });

    expect(body).toBe(unsampled.traceparent);
    expect(recording.spans()).toEqual([]);
  });
});

test('without telemetry a request has the context that it came with, or one of its own that nobody records', async () => {
  const ids = createSeededIds();
  const [, traced] = [ids.uuid(), ids.uuid()];
  const hex = traced.replaceAll('-', '');

  expect((await send(setup(), 'GET', '/v1/orders/7')).body).toBe(`00-${hex}-${hex.slice(16)}-00`);
  expect((await send(setup(), 'GET', '/v1/orders/7', { headers: sampled })).body).toBe(sampled.traceparent);
});
