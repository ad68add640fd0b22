import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogStorage } from '@checkout/event-log';
import { createSqliteStorage } from '@checkout/event-log/sqlite';
import { causeOf, toOrderId } from '@checkout/kernel';
import { createSystemClock } from '@checkout/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { followOrderEndings } from './order-endings.ts';
import { openOrderFile } from './platform-under-test.ts';

const orderIdOf = (last: number) => toOrderId(`01890000-0000-7000-8000-00000000000${last}`);

let dataDir: string;
let file: string;
let log: LogStorage;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'order-endings-'));
  file = join(dataDir, 'order.db');
  const identity = { logId: 'log', service: 'order', partitions: 4, epoch: 1 };
  const table = { name: 'orders', columns: {} };
  log = createSqliteStorage({ file, identity, table, clock: createSystemClock() });
});
afterEach(async () => {
  await log.close();
  rmSync(dataDir, { recursive: true });
});

async function record(order: number, ...types: readonly string[]): Promise<void> {
  const events = types.map((type) => ({ type, data: {} }));
  const stream = { streamId: orderIdOf(order), expectedVersion: 0, events, readModel: { view: {}, columns: {} } };
  await log.commit([{ units: [{ cause: { id: causeOf('test', order), correlationId: 'c' }, streams: [stream] }] }]);
}

test('an order’s end is told to who waits for it, and to who asks later', async () => {
  const endings = await followOrderEndings(openOrderFile(file));
  const waiting = endings.untilEnded(orderIdOf(1));
  await record(1, 'OrderCreated', 'OrderPaid', 'OrderShipped', 'OrderCompleted');
  await record(2, 'OrderCreated', 'OrderFailed');

  expect(await waiting).toBe('OrderCompleted');
  expect(await endings.untilEnded(orderIdOf(2))).toBe('OrderFailed');
  await endings.stop();
});

test('what ended before does not count, and nobody is left waiting', async () => {
  await record(1, 'OrderCreated', 'OrderCompleted');
  const endings = await followOrderEndings(openOrderFile(file));
  const waiting = endings.untilEnded(orderIdOf(1));
  const refused = expect(waiting).rejects.toThrow('nobody looks');
  await record(2, 'OrderCreated', 'OrderCompleted');
  expect(await endings.untilEnded(orderIdOf(2))).toBe('OrderCompleted');
  await endings.stop();

  await refused;
});

test('a log that is not there is said in one line', () => {
  expect(() => openOrderFile(`${file}.other`)).toThrow('order.db.other is not there');
});
