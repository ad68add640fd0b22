import { createEventLog } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { anOrder, testIdentity } from '@checkout/event-log/testing';
import { causeOf } from '@checkout/kernel';
import { createVirtualClock } from '@checkout/kernel/testing';
import { createMetrics, renderMetrics } from '@checkout/runtime';
import { expect, test } from 'vitest';
import { observeOrders } from './order-metrics.ts';

test('the age is that of the oldest order without an end', async () => {
  const clock = createVirtualClock();
  const log = createEventLog({ storage: createMemoryStorage({ identity: testIdentity, clock }), clock });
  const metrics = createMetrics('order');
  const observe = observeOrders({ log, clock, metrics });
  const age = async () => {
    await observe();
    return /order_oldest_open_seconds\{.*\} (.*)/.exec((await renderMetrics([metrics])).text)?.[1];
  };
  const record = async (number: number, status: string) => {
    const cause = { id: causeOf('order', number, status), correlationId: 'c' };
    const readModel = { view: {}, columns: { user_id: 'u', status } };
    const events = [{ type: 'OrderCreated', data: {} }];
    const { length: expectedVersion } = await log.readStream(anOrder(0, number));
    await log.append({
      units: [{ cause, streams: [{ streamId: anOrder(0, number), expectedVersion, events, readModel }] }],
    });
  };

  expect(await age()).toBe('0');
  await record(1, 'COMPLETED');
  await record(2, 'PAID');
  await clock.advance(5_000);
  await record(3, 'CREATED');
  expect(await age()).toBe('5');
  await record(2, 'COMPLETED');
  expect(await age()).toBe('0');
});
