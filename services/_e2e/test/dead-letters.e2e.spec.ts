import { sagasTable } from '@checkout/orchestrator';
import { causeOf, toOrderId } from '@checkout/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { placement } from './client.ts';
import { booksOf } from './ledgers.ts';
import { testInvariants } from './invariants.ts';
import { type Platform, platformStartMs, startPlatform } from './platform.ts';
import { where } from './where.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
}, platformStartMs);
afterAll(() => platform.stop());

type DeadLetters = {
  readonly items: readonly { orderId: string; type: string; state: string; reason: string; group: string }[];
};

const deadLetters = async () => (await platform.client.send<DeadLetters>('GET', '/v1/dead-letters')).body.items;

/** What a defective release would have sent: a command that the reader cannot read, in the log of its sender. */
async function sendPoison(orderId: string): Promise<void> {
  const log = await platform.openLog('orchestrator', sagasTable);
  const streamId = toOrderId(orderId);
  const row = await log.readModel(streamId);
  if (row === undefined) throw new Error('the order has no saga yet');
  const poison = { type: 'RequestShipment', data: { attempt: 'first' } };
  const { outcomes } = await log.append({
    units: [
      {
        cause: { id: causeOf('poison', orderId), correlationId: orderId },
        streams: [
          {
            streamId,
            expectedVersion: row.version,
            events: [{ type: 'Noted', data: {}, emits: [poison] }],
            readModel: { view: row.view, columns: row.columns },
          },
        ],
      },
    ],
  });
  expect(outcomes[0]?.kind).toBe('appended');
  await log.close();
}

/** What a person does about an unreadable message once its meaning is known. */
async function repair(orderId: string): Promise<void> {
  const { items, shippingAddress } = placement;
  const data = JSON.stringify({ attempt: 1, items, shippingAddress });
  const json = where === 'local' ? 'json(?)' : 'CAST(? AS JSON)';
  const statement = `UPDATE dead_letter SET message = json_set(message, '$.data', ${json}) WHERE order_id = ? AND state = 'parked'`;
  await platform.execute('shipping', statement, [data, orderId]);
}

test('a poison message is parked, holds the later ones of its order and nobody else’s, and is redriven', async () => {
  const { client } = platform;
  const { id } = await client.place({ userId: 'review-1' });
  await client.sagaIs(id, 'WAITING_REVIEW');
  await platform.kill();
  await sendPoison(id);
  await platform.restart();
  await client.until('the poison to be parked', deadLetters, (letters) => letters.length === 1);

  await client.send('POST', `/v1/reviews/${id}/approve`);
  await client.until('the next message to be held', deadLetters, (letters) => letters.length === 2);
  expect(await deadLetters()).toMatchObject([
    { orderId: id, group: 'shipping', type: 'RequestShipment', state: 'parked', reason: 'unreadable' },
    { orderId: id, group: 'shipping', type: 'RequestShipment', state: 'held' },
  ]);
  const other = await client.place();
  await client.orderIs(other.id, 'COMPLETED');

  const redrive = (query: string) => client.send<DeadLetters>('POST', `/v1/dead-letters/${id}/redrive${query}`);
  expect((await redrive('?dryRun=true')).body.items).toHaveLength(2);
  expect((await redrive('')).status).toBe(200);
  await client.until('it to be parked again', deadLetters, (letters) => letters[0]?.state === 'parked');
  expect((await client.saga(id)).step).toBe('request-shipment');

  await platform.kill();
  await repair(id);
  await platform.restart();
  expect((await redrive('')).status).toBe(200);
  await client.orderIs(id, 'COMPLETED');
  expect(await client.ledger(id)).toEqual(booksOf.completed(3998));
  expect(await deadLetters()).toEqual([]);
  expect((await redrive('')).status).toBe(404);
});

testInvariants(() => platform.client);
