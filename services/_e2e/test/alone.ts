import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { together } from '@checkout/checker';
import { isReady, linksBetween, type RunningProcess, startProcess } from '@checkout/processes';
import { freePort } from '@checkout/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, createClient, sentTo } from './client.ts';
import { testInvariants } from './invariants.ts';
import { quick } from './platform.ts';

/** The order service comes first: what it accepts waits for the others. */
const names = ['order', 'sandbox', 'orchestrator', 'antifraud', 'payment', 'shipping'] as const;
export type Name = (typeof names)[number];

const secret = 'a secret that only this test knows';
const startMs = 60_000;
const { until } = createClient('');

export type AloneSettings = {
  readonly of: (name: Name) => Readonly<Record<string, string>>;
  /** Takes away what was prepared, when all have ended. */
  readonly remove: () => Promise<void>;
};

/**
 * Each service as its own process: an order from process to process to its end, another one undone, and the money.
 *
 * @param prepare runs before the first of them starts, and says what more a service's environment holds
 */
export function testAlone(prepare: () => Promise<AloneSettings>): void {
  let settings: AloneSettings;
  let dataDir: string;
  let urls: Readonly<Record<Name, string>>;
  let running: readonly RunningProcess[];
  let orders: Client;
  /** Placed while nobody else was there. */
  let early: string;

  const untilReady = (name: Name) =>
    until(
      `${name} to be ready`,
      () => isReady(urls[name]),
      (ready) => ready,
    );

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'checkout-alone-'));
    const ports = await Promise.all(names.map(() => freePort()));
    urls = Object.fromEntries(names.map((name, index) => [name, `http://127.0.0.1:${ports[index]}`])) as typeof urls;
    const links = linksBetween(urls, { psp: secret, carrier: secret });
    const shared = { ...quick, AUTH: 'off', DATA_DIR: dataDir };
    settings = await prepare();
    const begin = (name: Name) => {
      const url = urls[name];
      const own = name === 'sandbox' ? links.ofSandbox : links.ofService;
      const environment = { ...shared, ...own, ...settings.of(name), PORT: new URL(url).port };
      const write = (line: string) => void process.stdout.write(`${line}\n`);
      return startProcess({ name, url, environment }, { environment: process.env, write });
    };
    const [first, ...others] = names;
    running = [begin(first)];
    await untilReady(first);
    orders = createClient(urls[first]);
    early = (await orders.place()).id;
    running = [...running, ...others.map(begin)];
    for (const name of others) await untilReady(name);
  }, startMs);

  afterAll(async () => {
    await Promise.all(running.map((one) => one.stop()));
    const ends = await Promise.all(running.map(({ ended }) => ended));
    await rm(dataDir, { recursive: true, force: true });
    await settings.remove();
    expect(ends).toEqual(names.map(() => 'exit code 0'));
  }, startMs);

  test(
    'an order is carried from process to process to its end, and another one is undone',
    { timeout: startMs },
    async () => {
      const sagas = createClient(urls.orchestrator);
      const { id } = await orders.place();
      const refused = await orders.place(sentTo('00000'));
      await orders.orderIs(id, 'COMPLETED');
      await orders.orderIs(early, 'COMPLETED');
      await sagas.sagaIs(id, 'COMPLETED');
      expect((await orders.orderIs(refused.id, 'FAILED')).failure?.code).toBe('shipment-rejected');

      const { body } = await createClient(urls.sandbox).send('GET', '/ledger/summary');
      expect(body).toEqual({ EUR: { authorized: 11_994, captured: 7996, refunded: 0, voided: 3998 } });
      const payment = await createClient(urls.payment).send('GET', `/v1/payments/${id}`);
      expect(payment.body).toMatchObject({ status: 'CAPTURED', captured: 3998 });
      const shipment = await createClient(urls.shipping).send('GET', `/v1/shipments/${id}`);
      expect(shipment.body).toMatchObject({ status: 'DELIVERED' });
    },
  );

  testInvariants(() => {
    const at = (name: Name) => createClient(urls[name]).get;
    const get = together({
      order: at('order'),
      orchestrator: at('orchestrator'),
      antifraud: at('antifraud'),
      payment: at('payment'),
      shipping: at('shipping'),
      sandbox: at('sandbox'),
    });
    return { get, acknowledged: orders.acknowledged };
  });
}
