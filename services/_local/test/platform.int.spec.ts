import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock, createSystemRandom, createUndiciHttpClient } from '@checkout/runtime';
import { patience } from '@checkout/kernel/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createPlatformClient } from '@checkout/load';
import { runDemo } from '../src/demo/run-demo.ts';
import { type RunningPlatform, startPlatform } from './platform-in-process.ts';

let dataDir: string;
let platform: RunningPlatform;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'platform '));
  platform = await startPlatform(dataDir);
});

afterEach(async () => {
  await platform.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

type Json = Readonly<Record<string, unknown>>;

async function call(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${platform.url}${path}`, {
    method,
    headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, headers: response.headers, text, body: (isJson ? JSON.parse(text) : {}) as Json };
}

const placement = {
  userId: 'u-1',
  currency: 'EUR',
  items: [{ productId: 'sku-1', quantity: 2, unitPrice: 1999 }],
  paymentToken: 'tok_approve',
  shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode: '10115', country: 'DE' },
};

async function place(key: string): Promise<string> {
  const { status, body } = await call('POST', '/v1/orders', placement, { 'Idempotency-Key': key });
  expect(status).toBe(201);
  return String(body['id']);
}

const untilStatus = (orderId: string, status: string) =>
  vi.waitFor(async () => {
    expect((await call('GET', `/v1/orders/${orderId}`)).body).toMatchObject({ status });
  }, patience);

describe('the whole platform in one process', () => {
  test('carries an order from HTTP to completion, and the providers’ books agree', async () => {
    const orderId = await place('k-1');
    await untilStatus(orderId, 'COMPLETED');

    expect((await call('GET', `/sandbox/ledger?orderId=${orderId}`)).body).toMatchObject({
      payments: [{ currency: 'EUR', authorized: 3998, captured: 3998, refunded: 0, voided: 0 }],
      shipments: [{ state: 'DELIVERED' }],
    });
    expect((await call('GET', `/v1/sagas/${orderId}`)).body).toMatchObject({ state: 'COMPLETED' });
  });

  test('shows all services as one: documentation, readiness, metrics, logs, dead letters', async () => {
    await untilStatus(await place('k-1'), 'COMPLETED');
    const services = ['order', 'orchestrator', 'antifraud', 'payment', 'shipping'];
    const [openapi, ready, metrics, verified, dead] = await Promise.all(
      ['/openapi.json', '/readyz', '/metrics', '/ops/log/verify', '/v1/dead-letters'].map((path) => call('GET', path)),
    );

    expect(Object.keys(openapi?.body['paths'] as Json)).toEqual(
      expect.arrayContaining(['/v1/orders', '/v1/sagas/{orderId}', '/v1/reviews', '/sandbox/faults']),
    );
    expect(ready?.body).toMatchObject({ ready: true });
    for (const service of ['order', 'antifraud', 'payment', 'shipping', 'sandbox']) {
      expect(metrics?.text).toContain(`service="${service}"`);
    }
    expect(verified?.body).toMatchObject({ ok: true, services: services.map((service) => ({ service, ok: true })) });
    expect(dead?.body).toEqual({ items: [], nextCursor: null });
  });

  test('goes on where it stopped, and knows the keys that it has seen', async () => {
    const orderId = await place('k-1');
    await platform.stop();
    platform = await startPlatform(dataDir);

    await untilStatus(orderId, 'COMPLETED');
    const replay = await call('POST', '/v1/orders', placement, { 'Idempotency-Key': 'k-1' });
    expect(replay.body).toMatchObject({ id: orderId });
    expect(replay.headers.get('idempotent-replayed')).toBe('true');
  });

  test('stops while its providers leave every call without an answer', async () => {
    const hang = { timeoutRate: 1, lateLandingMs: 600_000 };
    await call('PUT', '/sandbox/faults', { psp: hang, carrier: hang, bureau: hang });
    await Promise.all(Array.from({ length: 50 }, (_, index) => place(`k-${index}`)));
    await platform.stop();
    platform = await startPlatform(dataDir);
  });

  test('ends with money that agrees for a mix of orders, some of them undone', async () => {
    const clock = createSystemClock();
    const httpClient = createUndiciHttpClient({ clock });
    const stopping = new AbortController();
    const { signal } = stopping;
    const progress = { update: () => {}, say: () => {}, end: () => {} };
    const client = createPlatformClient({
      name: 'the platform',
      addressOf: (path) => `${platform.url}${path}`,
      httpClient,
      clock,
      random: createSystemRandom(),
      signal,
      say: progress.say,
    });

    const report = await runDemo({ orders: 100, concurrency: 16, seed: 3 }, { client, clock, signal, progress });

    expect(report).toMatchObject({ acknowledged: 100, money: 'OK', violations: [], needsOperator: [] });
    expect(Object.keys(report.states).toSorted()).toEqual(['CANCELLED', 'COMPLETED', 'FAILED']);
    await httpClient.close();
  });
});
