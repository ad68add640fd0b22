import { describe, expect, test } from 'vitest';
import { createTestApp, send, stubService } from './testing/test-app.ts';

const failedCheck = { name: 'log', ok: false, required: true, detail: 'no answer' };

describe('/healthz', () => {
  test('answers whatever the services say: only a stuck event loop is ill', async () => {
    const app = createTestApp([stubService({ readiness: () => Promise.reject(new Error('no database')) })]);

    expect(await send(app, 'GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });
});

describe('/readyz', () => {
  test('is 200 when every service is ready', async () => {
    const app = createTestApp([stubService({ name: 'order' }), stubService({ name: 'payment' })]);

    expect(await send(app, 'GET', '/readyz')).toMatchObject({ status: 200, body: { ready: true } });
  });

  test('is 503 and names what is missing', async () => {
    const app = createTestApp([
      stubService({ name: 'order' }),
      stubService({ name: 'payment', readiness: async () => ({ ready: false, checks: [failedCheck] }) }),
    ]);

    expect(await send(app, 'GET', '/readyz')).toMatchObject({
      status: 503,
      body: {
        ready: false,
        services: [
          { service: 'order', ready: true },
          { service: 'payment', ready: false, checks: [failedCheck] },
        ],
      },
    });
  });

  test('is 503 when a check fails or hangs', async () => {
    const hanging = createTestApp([stubService({ readiness: () => new Promise(() => {}) })]);
    const asking = send(hanging, 'GET', '/readyz');
    await hanging.clock.advance(2_000);
    expect(await asking).toMatchObject({ status: 503 });

    const failing = createTestApp([stubService({ readiness: () => Promise.reject(new Error('x')) })]);
    expect(await send(failing, 'GET', '/readyz')).toMatchObject({ status: 503 });
    expect(failing.clock.pending()).toBe(0);
  });

  test('is 503 while the process drains', async () => {
    const app = createTestApp([stubService()]);
    app.drain();

    expect(await send(app, 'GET', '/readyz')).toMatchObject({ status: 503, body: { ready: false, draining: true } });
  });
});

describe('/metrics', () => {
  test('shows all services on one page', async () => {
    const services = [stubService({ name: 'order' }), stubService({ name: 'payment' })];
    for (const [index, { metrics }] of services.entries())
      metrics.counter({ name: `x${index}_total`, help: 'X.' }).add();
    const { headers, body } = await send(createTestApp(services), 'GET', '/metrics');

    expect(headers.get('content-type')).toContain('text/plain');
    expect(body).toContain('x0_total');
    expect(body).toContain('x1_total');
  });
});

describe('/ops/log/verify', () => {
  test('gathers the verifications of the services that have a log', async () => {
    const app = createTestApp([
      stubService({ name: 'order', verifyLog: async () => ({ ok: true, findings: [], counts: { rows: 3 } }) }),
      stubService({
        name: 'payment',
        verifyLog: async () => ({ ok: false, findings: ['gap at 7'], counts: { rows: 9 } }),
      }),
      stubService({ name: 'sandbox' }),
    ]);

    expect(await send(app, 'GET', '/ops/log/verify')).toMatchObject({
      status: 200,
      body: {
        ok: false,
        services: [
          { service: 'order', ok: true, counts: { rows: 3 } },
          { service: 'payment', ok: false, findings: ['gap at 7'] },
        ],
      },
    });
  });
});
