import { request as httpRequest } from 'node:http';
import { createMetrics, createSystemClock, createSystemIds, freePort, type TokenVerifier } from '@checkout/runtime';
import { createSilentLogger } from '@checkout/runtime/testing';
import { expect, test } from 'vitest';
import { beginHosting, type Hosted, type HostOptions, hostServices } from './host-services.ts';
import { ListenError } from './serve.ts';
import { stubService } from './testing/test-app.ts';

const idle: Hosted = {
  modules: [stubService({ name: 'order' })],
  start: async () => {},
  stop: async () => {},
  close: async () => {},
};

const optionsAt = (port: number) => ({
  title: 'Test',
  host: '127.0.0.1',
  port,
  clock: createSystemClock(),
  ids: createSystemIds(),
  logger: createSilentLogger(),
  metrics: createMetrics('test'),
  graceMs: 1_000,
});
const run = (hosted: Hosted, port = 0, options: Partial<HostOptions> = {}) =>
  hostServices({ ...options, ...optionsAt(port), hosted });

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

test('with a port for the operations, they are there from the start to the end and nowhere else', async () => {
  const seen: string[] = [];
  let urls = { api: '', ops: '' };
  const ask = async (moment: string) => {
    const statusOf = async (url: string) => (await fetch(url)).status;
    const paths = ['/healthz', '/readyz', '/metrics', '/ops/log/verify'];
    const [ops, api] = await Promise.all(
      [urls.ops, urls.api].map((url) => Promise.all(paths.map((path) => statusOf(url + path)))),
    );
    seen.push(`${moment}: ${ops?.join(' ')}, ${api?.join(' ')}`);
  };
  const running = await run({ ...idle, stop: () => ask('stop') }, 0, { opsPort: 0 });
  urls = { api: `http://127.0.0.1:${running.port}`, ops: `http://127.0.0.1:${running.opsPort}` };

  await ask('running');
  expect((await fetch(`${urls.ops}/v1/dead-letters`)).status).toBe(404);
  await running.stop();
  expect(seen).toEqual(['running: 200 200 200 200, 404 404 404 404', 'stop: 200 503 200 200, 404 404 404 404']);
  for (const url of Object.values(urls)) await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
});

test('a taken port for the operations is refused, and the other one is let go', async () => {
  const first = await run(idle);
  const second = await run(idle);
  const { port } = second;
  await second.stop();

  await expect(run(idle, port, { opsPort: first.port })).rejects.toThrow(ListenError);
  const third = await run(idle, port);
  await Promise.all([first.stop(), third.stop()]);
});

test('a request with two tokens is refused, whichever of them is good', async () => {
  const verifier: TokenVerifier = {
    verify: async () => ({ kind: 'genuine', token: { subject: 'u-1', scopes: new Set(['ops']) } }),
  };
  const running = await run(idle, 0, { verifier });
  const statusOf = (authorization: string | string[]) =>
    new Promise<number | undefined>((resolve, reject) => {
      const { port } = running;
      const headers = { authorization: authorization as string };
      httpRequest({ host: '127.0.0.1', port, path: '/metrics', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });

  expect(await statusOf('Bearer a')).toBe(200);
  expect(await statusOf(['Bearer a', 'Bearer b'])).toBe(401);
  expect(await statusOf(['Bearer a', 'Bearer a'])).toBe(401);
  await running.stop();
});

test('before the services are there, the operations’ port says that the process lives and what it waits for', async () => {
  const opsPort = await freePort('127.0.0.1');
  const url = `http://127.0.0.1:${opsPort}`;
  const begun = await beginHosting({ ...optionsAt(0), opsPort });
  const readyz = async () => {
    const response = await fetch(`${url}/readyz`);
    return { status: response.status, body: await response.json() };
  };

  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await fetch(`${url}/metrics`)).status).toBe(200);
  expect((await fetch(`${url}/ops/log/verify`)).status).toBe(503);
  expect((await readyz()).status).toBe(503);
  begun.waitsFor('schema', 'the database has no log yet');
  expect(await readyz()).toMatchObject({
    status: 503,
    body: {
      ready: false,
      services: [{ ready: true }, { checks: [{ name: 'schema', ok: false, detail: 'the database has no log yet' }] }],
    },
  });

  const kafka = { name: 'kafka', ok: false, required: false };
  const running = await begun.host({ ...idle, dependencies: () => [kafka] });
  expect(await readyz()).toMatchObject({
    status: 200,
    body: {
      ready: true,
      services: [
        { service: 'process', checks: [kafka] },
        { service: 'order', ready: true },
      ],
    },
  });
  await running.stop();
  await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
});

test('services that cannot be opened leave no port behind', async () => {
  const opsPort = await freePort('127.0.0.1');
  const begun = await beginHosting({ ...optionsAt(0), opsPort });
  await begun.end();
  await expect(fetch(`http://127.0.0.1:${opsPort}/healthz`)).rejects.toThrow('fetch failed');
});
