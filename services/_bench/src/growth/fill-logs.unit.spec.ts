import { type ServiceName, services } from '@checkout/contracts';
import { type LogStorage, type StreamDefinition, verifyLog } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { causeOf, type OrderId, toOrderId } from '@checkout/kernel';
import { createVirtualClock } from '@checkout/kernel/testing';
import { describe, expect, test } from 'vitest';
import { fillLogs } from './fill-logs.ts';
import { readTemplate } from './order-templates.ts';

const templateId = toOrderId('01890000-0000-7000-8000-000000000001');
const placedAtMs = 1_700_000_000_000;

type Seen = { readonly about: string; readonly count: number };
type Saw = { readonly type: string; readonly data: { readonly about: string } };

const definition: StreamDefinition<Seen, Saw> = {
  table: { name: 'seen', columns: { about: 'text' } },
  initialState: { about: '', count: 0 },
  evolve: ({ count }, { data }) => ({ about: data.about, count: count + 1 }),
  project: (state) => ({ view: state, columns: { about: state.about } }),
};

/** Logs of which each holds one order, as a platform leaves them: the orchestrator has read a part of the order's log. */
async function platformLogs() {
  const clock = createVirtualClock();
  const logs = Object.fromEntries(
    services.map((service) => [
      service,
      createMemoryStorage({ identity: { logId: `log of ${service}`, service, partitions: 4, epoch: 1 }, clock }),
    ]),
  ) as Record<ServiceName, LogStorage>;
  const events = ['First', 'Second'].map((type) => ({ type, data: { about: templateId } }));
  const readModel = definition.project({ about: templateId, count: events.length });
  for (const log of Object.values(logs)) {
    const streams = [{ streamId: templateId, expectedVersion: 0, events, readModel }];
    await log.commit([{ units: [{ cause: { id: causeOf('template'), correlationId: 'c' }, streams }] }]);
  }
  const offset = { group: 'orchestrator', logId: 'log of order', partition: 1, from: 0, to: 1 };
  await logs.orchestrator.commit([{ units: [], offsets: [offset] }]);
  return logs;
}

async function fill(logs: Record<ServiceName, LogStorage>, orders: number, signal = new AbortController().signal) {
  const templates = [await readTemplate(logs, templateId)];
  const filled: number[] = [];
  const onProgress = (count: number) => filled.push(count);
  const rows = await fillLogs({ logs, templates, orders, nextOrderAt: () => placedAtMs, signal, onProgress });
  return { rows, filled };
}

const idsOf = async (log: LogStorage): Promise<readonly OrderId[]> =>
  (await log.listReadModel({ limit: 10_000 })).map(({ streamId }) => streamId);

describe('logs that are filled', () => {
  test('hold the same new orders in every service, each as the template has it', async () => {
    const logs = await platformLogs();
    const { rows } = await fill(logs, 7);
    const ids = await idsOf(logs.order);

    expect(rows).toBe(7 * services.length * 2);
    expect(new Set(ids).size).toBe(8);
    for (const service of services) {
      expect(await idsOf(logs[service])).toEqual(ids);
      for (const id of ids) {
        const recorded = await logs[service].readStream(id);
        expect(recorded.map(({ type, data }) => ({ type, data }))).toEqual([
          { type: 'First', data: { about: id } },
          { type: 'Second', data: { about: id } },
        ]);
      }
    }
  });

  test('pass the verification that the platform makes', async () => {
    const logs = await platformLogs();
    await fill(logs, 1_200);

    const verified = await verifyLog({ database: logs.orchestrator }, definition);
    expect(verified).toMatchObject({ streams: 1_201, rows: 2_402, problemCount: 0 });
  });

  test('are old news to every consumer', async () => {
    const logs = await platformLogs();
    await fill(logs, 100);

    const heads = await logs.order.heads();
    const offsets = await logs.orchestrator.offsets('orchestrator', 'log of order');
    expect(heads.map((_, partition) => offsets.get(partition))).toEqual(heads);
  });

  test('are filled in steps, and no further once the run is stopped', async () => {
    const logs = await platformLogs();
    expect((await fill(logs, 1_200)).filled).toEqual([500, 1_000, 1_200]);

    await expect(fill(logs, 1_200, AbortSignal.abort())).rejects.toThrow('stopped');
  });
});

test('an order that a service does not know is no template', async () => {
  const unknown = toOrderId('01890000-0000-7000-8000-000000000002');

  await expect(readTemplate(await platformLogs(), unknown)).rejects.toThrow('order knows nothing of order');
});
