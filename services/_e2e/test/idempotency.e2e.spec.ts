import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { placement } from './client.ts';
import { testInvariants } from './invariants.ts';
import { type Platform, platformStartMs, startPlatform } from './platform.ts';
import { where } from './where.ts';

/** A platform on a cluster remembers the keys of earlier runs. */
const run = randomUUID();

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
}, platformStartMs);
afterAll(() => platform.stop());

test('fifty sends of one key at once are one order, and all get its answer', async () => {
  const { client } = platform;
  const userId = `u-fifty-${run}`;
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.post({ userId }, `fifty-${run}`)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(49);
  const { body } = await client.send<{ items: unknown[] }>('GET', `/v1/orders?userId=${userId}`);
  expect(body.items).toHaveLength(1);
});

test('another order with a used key is refused', async () => {
  const { client } = platform;
  await client.post({}, `reused-${run}`);
  expect(await client.post({ userId: 'u-2' }, `reused-${run}`)).toMatchObject({
    status: 422,
    body: { code: 'idempotency-key-reused' },
  });
});

test('white space and the order of fields do not make another order', async () => {
  const { client } = platform;
  const { userId, ...rest } = placement;
  const first = await client.post({ userId }, `spelling-${run}`);
  const respelled = JSON.stringify({ ...rest, userId }, null, 2);
  const again = await client.send('POST', '/v1/orders', respelled, { 'idempotency-key': `spelling-${run}` });
  expect(again).toMatchObject({ status: 201, body: first.body });
  expect(again.headers.get('idempotent-replayed')).toBe('true');
});

test('a key is required', async () => {
  const answer = await platform.client.send('POST', '/v1/orders', placement);
  expect(answer).toMatchObject({ status: 400, body: { code: 'idempotency-key-missing' } });
});

test('a refused order keeps no key', async () => {
  const { client } = platform;
  expect((await client.post({ userId: '' }, `second-chance-${run}`)).status).toBe(422);
  expect((await client.post({}, `second-chance-${run}`)).status).toBe(201);
});

test.skipIf(where === 'cluster')(
  'the first answer is given again when the order has moved on, and after kill -9',
  async () => {
    const { client } = platform;
    const first = await client.post({}, `survivor-${run}`);
    await client.orderIs(first.body.id, 'COMPLETED');
    await platform.kill();
    await platform.restart();
    const again = await client.post({}, `survivor-${run}`);
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.headers.get('location')).toBe(`/v1/orders/${first.body.id}`);
  },
);

testInvariants(() => platform.client);
