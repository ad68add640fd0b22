import { createEventLog, type LogRow, type LogStorage, LogUnavailableError } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { causeOf, toOrderId } from '@checkout/kernel';
import { createVirtualClock } from '@checkout/kernel/testing';
import { describe, expect, test } from 'vitest';
import { commitEach } from './commit-each.ts';

const identity = { logId: 'log', service: 'order', partitions: 4, epoch: 1 };

function setup(change: Partial<LogStorage> = {}) {
  const clock = createVirtualClock();
  const committed: number[] = [];
  const memory = createMemoryStorage({ identity, clock });
  const storage: LogStorage = {
    ...memory,
    commit(requests) {
      committed.push(requests.length);
      return memory.commit(requests);
    },
    ...change,
  };
  return { log: commitEach(createEventLog({ storage, clock, soleWriter: true }), storage), committed };
}

const requestOf = (last: number) => {
  const streamId = toOrderId(`01890000-0000-7000-8000-00000000000${last}`);
  const events = [{ type: 'OrderCreated', data: {} }];
  const stream = { streamId, expectedVersion: 0, events, readModel: { view: {}, columns: {} } };
  return { units: [{ cause: { id: causeOf('test', last), correlationId: 'c' }, streams: [stream] }] };
};

describe('a log that commits each request', () => {
  test('makes a transaction of every append, also of those that come together', async () => {
    const { log, committed } = setup();
    const results = await Promise.all([1, 2, 3].map((last) => log.append(requestOf(last))));

    expect(committed).toEqual([1, 1, 1]);
    expect(results.map(({ outcomes }) => outcomes[0]?.kind)).toEqual(['appended', 'appended', 'appended']);
  });

  test('tells its listeners, until they are taken off', async () => {
    const { log } = setup();
    const heard: LogRow[] = [];
    const unlisten = log.onAppend((rows) => heard.push(...rows));
    await log.append(requestOf(1));
    unlisten();
    await log.append(requestOf(2));

    expect(heard.map(({ streamId }) => streamId.slice(-1))).toEqual(['1']);
  });

  test('reads what it wrote', async () => {
    const { log } = setup();
    await log.append(requestOf(1));

    expect(await log.readPartition(1, 1, 10)).toHaveLength(1);
  });

  test('fails an append that was not committed', async () => {
    const error = new Error('disk I/O error');
    const { log } = setup({ commit: async () => ({ kind: 'rolled-back', error, retryable: false }) });

    await expect(log.append(requestOf(1))).rejects.toThrow(LogUnavailableError);
  });
});
