import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freePort } from '../src/free-port.ts';

const SERVICES = join(import.meta.dirname, '..', '..');
const DEADLINE = { timeout: 20_000, interval: 50 };
const programs = ['order', 'orchestrator', 'antifraud', 'payment', 'shipping', 'sandbox'] as const;
type Name = (typeof programs)[number];

let dataDir: string;
let ports: Readonly<Record<Name, number>>;
const running = new Map<Name, ChildProcess>();

const urlOf = (name: Name) => `http://127.0.0.1:${ports[name]}`;

function start(name: Name): ChildProcess {
  const secret = '0123456789abcdef';
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(SERVICES, name, 'src', 'main.ts')],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env['PATH'],
        AUTH: 'off',
        DATA_DIR: dataDir,
        PORT: String(ports[name]),
        PSP_URL: `${urlOf('sandbox')}/psp`,
        CARRIER_URL: `${urlOf('sandbox')}/carrier`,
        BUREAU_URL: `${urlOf('sandbox')}/bureau`,
        PSP_WEBHOOK_URL: `${urlOf('payment')}/v1/webhooks/psp`,
        CARRIER_WEBHOOK_URL: `${urlOf('shipping')}/v1/webhooks/carrier`,
        PSP_WEBHOOK_SECRET: secret,
        CARRIER_WEBHOOK_SECRET: secret,
        SANDBOX_DELIVERY_MS: '20',
      },
    },
  );
  running.set(name, child);
  return child;
}

const untilReady = (name: Name) =>
  vi.waitFor(async () => expect((await fetch(`${urlOf(name)}/readyz`)).status).toBe(200), DEADLINE);

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'alone '));
  const found = await Promise.all(programs.map(() => freePort()));
  ports = Object.fromEntries(programs.map((name, index) => [name, found[index]])) as Record<Name, number>;
});

afterAll(async () => {
  for (const child of running.values()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  rmSync(dataDir, { recursive: true, force: true });
});

test('services in processes of their own carry an order together, whichever starts first, and stop when told', async () => {
  start('order');
  await untilReady('order');
  const placed = await fetch(`${urlOf('order')}/v1/orders`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': 'k-1' },
    body: JSON.stringify({
      userId: 'u-1',
      currency: 'EUR',
      items: [{ productId: 'sku-1', quantity: 2, unitPrice: 1999 }],
      paymentToken: 'tok_approve',
      shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode: '10115', country: 'DE' },
    }),
  });
  const { id } = (await placed.json()) as { readonly id: string };
  for (const name of programs.slice(1)) start(name);

  await vi.waitFor(async () => {
    expect(await (await fetch(`${urlOf('order')}/v1/orders/${id}`)).json()).toMatchObject({ status: 'COMPLETED' });
  }, DEADLINE);
  expect(await (await fetch(`${urlOf('sandbox')}/ledger?orderId=${id}`)).json()).toMatchObject({
    payments: [{ captured: 3998, refunded: 0 }],
    shipments: [{ state: 'DELIVERED' }],
  });

  const ends = [...running.values()].map((child) => once(child, 'close'));
  for (const child of running.values()) child.kill('SIGTERM');
  expect((await Promise.all(ends)).map(([code]) => code as number)).toEqual(programs.map(() => 0));
}, 60_000);
