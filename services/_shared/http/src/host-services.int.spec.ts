import { createMetrics, createSystemClock, createSystemIds } from '@checkout/runtime';
import { createSilentLogger } from '@checkout/runtime/testing';
import { expect, test } from 'vitest';
import { type Hosted, hostServices } from './host-services.ts';
import { ListenError } from './serve.ts';
import { stubService } from './testing/test-app.ts';

const idle: Hosted = {
  modules: [stubService({ name: 'order' })],
  start: async () => {},
  stop: async () => {},
  close: async () => {},
};

const run = (hosted: Hosted, port = 0) =>
  hostServices({
    hosted,
    title: 'Test',
    host: '127.0.0.1',
    port,
    clock: createSystemClock(),
    ids: createSystemIds(),
    logger: createSilentLogger(),
    metrics: createMetrics('test'),
    graceMs: 1_000,
  });

test('work begins when the port answers, and ends while it still does', async () => {
  const seen: string[] = [];
  let url = '';
  const ask = async (moment: string) => {
    const [health, ready] = await Promise.all([fetch(`${url}/healthz`), fetch(`${url}/readyz`)]);
    seen.push(`${moment}: ${health.status} ${ready.status}`);
  };
  const running = await run({
    ...idle,
    stop: () => ask('stop'),
    async close() {
      await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
      seen.push('close');
    },
  });
  url = `http://127.0.0.1:${running.port}`;

  await ask('running');
  await running.stop();

  expect(seen).toEqual(['running: 200 200', 'stop: 200 503', 'close']);
});

test('a taken port is refused before any work begins', async () => {
  const first = await run(idle);
  let started = false;
  const second = run({ ...idle, start: async () => void (started = true) }, first.port);

  await expect(second).rejects.toThrow(ListenError);
  expect(started).toBe(false);
  await first.stop();
});

test('shows what the process costs beside what the services count', async () => {
  const running = await run(idle);
  const url = `http://127.0.0.1:${running.port}`;
  await fetch(`${url}/nowhere`);

  const metrics = await (await fetch(`${url}/metrics`)).text();

  expect(metrics).toContain('process_resident_memory_bytes{service="test"}');
  expect(metrics).toMatch(/http_requests_total\{[^}]*service="test"\} 1/);
  await running.stop();
});
