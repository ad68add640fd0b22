import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { booksOf } from './ledgers.ts';
import { testInvariants } from './invariants.ts';
import { type Platform, platformStartMs, startPlatform } from './platform.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ SANDBOX_DELIVERY_MS: '400', PROVIDER_TIMEOUT_MS: '2000' });
}, platformStartMs);
afterAll(() => platform.stop());

const total = 3998;
const thinkingMs = 1_000;

/** A provider that thinks for a second holds the order in its step while the process is killed. */
const steps = [
  ['assess-fraud', { bureau: { latencyMs: thinkingMs } }],
  ['authorize-payment', { psp: { latencyMs: thinkingMs } }],
  ['request-shipment', { carrier: { latencyMs: thinkingMs } }],
  ['capture-payment', { psp: { latencyMs: thinkingMs } }],
  ['dispatch-shipment', { carrier: { latencyMs: thinkingMs } }],
  ['await-delivery', {}],
] as const;

describe('kill -9', () => {
  test.each(steps)('in the middle of %s: the order is completed, and charged once', async (step, faults) => {
    const { client } = platform;
    await client.faults(faults);
    const { id } = await client.place();
    await client.sagaAt(id, step);
    await platform.kill();
    await platform.restart();
    await client.heal();
    await client.orderIs(id, 'COMPLETED');
    expect(await client.ledger(id)).toEqual(booksOf.completed(total));
  });

  test('in the middle of a compensation: all is undone, once', async () => {
    const { client } = platform;
    await client.faults({ psp: { latencyMs: thinkingMs } });
    const { id } = await client.place({ paymentToken: 'tok_capture_reject' });
    await client.sagaIs(id, 'COMPENSATING');
    await platform.kill();
    await platform.restart();
    await client.heal();
    expect((await client.orderIs(id, 'FAILED')).failure?.code).toBe('capture-rejected');
    expect(await client.ledger(id)).toEqual(booksOf.voided(total, 'CANCELLED'));
  });

  test('right after the 201: the order is there', async () => {
    const { client } = platform;
    const accepted = await Promise.all(Array.from({ length: 20 }, () => client.place()));
    await platform.kill();
    await platform.restart();
    for (const { id } of accepted) {
      await client.orderIs(id, 'COMPLETED');
      expect(await client.ledger(id)).toEqual(booksOf.completed(total));
    }
  });
});

test('afterwards nothing is parked', async () => {
  const { client } = platform;
  expect((await client.send('GET', '/v1/dead-letters')).body).toEqual({ items: [], nextCursor: null });
});

testInvariants(() => platform.client);
