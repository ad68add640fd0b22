import { createEventLog } from '@checkout/event-log';
import { anOrder } from '@checkout/event-log/testing';
import { createVirtualClock } from '@checkout/kernel/testing';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { capture } from '../testing/contract/context.ts';
import { createPublisher, identityOf, sqliteStorage } from '../testing/embedded-worlds.ts';
import { createFileLogSource } from './log-source.ts';

describe('the log of another process, read from its file', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'log-source-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const setup = () => {
    const clock = createVirtualClock();
    const errors: Error[] = [];
    const source = createFileLogSource({
      file: join(directory, 'order.db'),
      clock,
      onError: (error) => void errors.push(error),
    });
    const openLog = () => {
      const log = createEventLog({ storage: sqliteStorage(directory, 'order', clock), clock });
      return { close: () => log.close(), publish: createPublisher(() => log) };
    };
    return { clock, source, errors, openLog };
  };

  it('is not there before its service has made it', async () => {
    const { source, openLog } = setup();
    expect(await source.identity()).toBeUndefined();
    expect(await source.heads()).toEqual([]);
    expect(await source.readPartition(0, 1, 10)).toEqual([]);

    const log = openLog();
    expect(await source.identity()).toEqual(identityOf('order'));
    await source.close();
    await log.close();
  });

  it('wakes who watches it with the partitions that moved, soon after', async () => {
    const { clock, source, openLog } = setup();
    const log = openLog();
    const woken: number[] = [];
    const unwatch = source.watch((partitions) => woken.push(...partitions));
    await log.publish(capture(anOrder(2), 1));
    await clock.advance(100);
    await log.publish(capture(anOrder(1), 2));
    await clock.advance(5);
    expect(woken).toEqual([2, 1]);

    unwatch();
    await log.publish(capture(anOrder(3), 3));
    await clock.advance(1_000);
    expect(woken).toEqual([2, 1]);
    expect(clock.pending()).toBe(0);
    await source.close();
    await log.close();
  });

  it('wakes every watcher until it no longer wants to be woken', async () => {
    const { clock, source, openLog } = setup();
    const log = openLog();
    const woken: string[] = [];
    const unwatchFirst = source.watch(() => void woken.push('first'));
    source.watch(() => void woken.push('second'));
    unwatchFirst();
    await log.publish(capture(anOrder(), 1));
    await clock.advance(100);

    expect(woken).toEqual(['second']);
    await source.close();
    expect(clock.pending()).toBe(0);
    await log.close();
  });

  it('says when the file is something else', async () => {
    const { clock, source, errors } = setup();
    writeFileSync(join(directory, 'order.db'), 'not a database, and long enough to be looked at');
    source.watch(() => {});
    await clock.advance(100);

    expect(errors).toMatchObject([{ name: 'LogOpenError' }]);
    expect(errors[0]?.message).not.toContain('\n');
    await source.close();
  });
});
