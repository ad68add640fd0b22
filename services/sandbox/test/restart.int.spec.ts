import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createVirtualClock } from '@checkout/kernel/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startSandbox } from './sandbox.driver.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandbox-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const onDisk = () => ({ ledgerFile: join(directory, 'data', 'sandbox.db') });

describe('a sandbox that is started again', () => {
  test('remembers payments, shipments, keys and faults', async () => {
    const first = await startSandbox({ config: onDisk() });
    const approved = await first.authorize('o-1');
    await first.book('o-1');
    await first.setFaults({ bureau: { down: true } });
    await first.stop();
    const second = await startSandbox({ config: onDisk() });

    expect(await second.authorize('o-1')).toMatchObject({
      status: 201,
      body: approved === 'no answer' ? {} : approved.body,
    });
    expect(await second.ledgerOf('o-1')).toMatchObject({
      payment: { authorized: 3998 },
      shipment: { state: 'BOOKED' },
    });
    expect(await second.score('o-1')).toBe('no answer');
    await second.stop();
  });

  test('takes faults that the release before did not know for switched off', async () => {
    const first = await startSandbox({ config: onDisk() });
    await first.setFaults({ psp: { down: true } });
    await first.stop();
    const database = new DatabaseSync(onDisk().ledgerFile);
    database.exec("UPDATE setting SET value = json_remove(value, '$.psp.lostRate') WHERE name = 'faults'");
    database.close();
    const second = await startSandbox({ config: onDisk() });

    expect(await second.ask('GET', '/faults')).toMatchObject({ body: { psp: { down: true, lostRate: 0 } } });
    await second.stop();
  });

  test('lands what was on its way, delivers parcels and sends webhooks', async () => {
    const clock = createVirtualClock();
    const first = await startSandbox({ config: onDisk(), clock, receive: () => 503 });
    void first.authorize('o-1', { token: 'tok_timeout_lands' });
    await first.book('o-2');
    await first.dispatch('o-2');
    await first.authorize('o-3');
    await first.settle();
    await first.stop();

    const second = await startSandbox({ config: onDisk(), clock });
    await second.clock.advance(60_000);

    expect(await second.findPayment('o-1')).toMatchObject({ body: { authorization: 'approved' } });
    expect(await second.authorize('o-1', { token: 'tok_timeout_lands' })).toMatchObject({ status: 201 });
    expect(await second.findShipment('o-2')).toMatchObject({ body: { state: 'DELIVERED' } });
    expect(second.webhooks.map(({ body }) => `${body.reference} ${body.type}`).toSorted()).toEqual([
      'o-1 authorization.approved',
      'o-2 shipment.delivered',
      'o-2 shipment.dispatched',
      'o-3 authorization.approved',
    ]);
    await second.stop();
  });

  test('says in one line that its file is no ledger', async () => {
    const ledgerFile = join(directory, 'sandbox.db');
    writeFileSync(ledgerFile, 'this is not a database, and long enough to be read as a header of one'.repeat(10));

    await expect(startSandbox({ config: { ledgerFile } })).rejects.toThrow(
      /cannot use .*sandbox\.db as the sandbox's ledger/,
    );
  });
});
