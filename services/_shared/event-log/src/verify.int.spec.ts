import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createVirtualClock } from '@checkout/kernel/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Decided } from './decider.ts';
import { createEventLog, type EventLog } from './event-log.ts';
import { createSqliteStorage } from './sqlite/index.ts';
import { createStreams } from './streams.ts';
import { because, created, type OrderEvent, orderStream, paid } from './testing/order.fixture.ts';
import { anOrder, testIdentity, testTable } from './testing/index.ts';
import { verifyLog } from './verify.ts';

describe('the verification of a log', () => {
  const clock = createVirtualClock();
  let directory: string;
  let log: EventLog;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'verify-log-'));
    const storage = createSqliteStorage({ file: fileOfLog(), identity: testIdentity, table: testTable, clock });
    log = createEventLog({ storage, clock });
    for (const number of [1, 2, 3]) {
      await record(number, announced(100), paid(40));
      await record(number, paid(60));
    }
  });
  afterEach(async () => {
    await log.close();
    rmSync(directory, { recursive: true });
  });

  const fileOfLog = () => join(directory, 'order.db');
  const orderNumber = (number: number) => anOrder(0, number);
  const announced = (total: number) => ({ ...created(total), timer: { kind: 'announce', afterMs: 60_000 } });
  const record = async (number: number, ...events: readonly Decided<OrderEvent>[]) => {
    const streams = createStreams(log, orderStream);
    const loaded = await streams.loadFresh(orderNumber(number));
    const { unit } = streams.decided(loaded, events, because(`${number} ${loaded.version}`));
    await log.append({ units: [unit] });
  };
  /** What a person with a database tool, a defect or a bad disk does. */
  const tamper = (sql: string) => {
    const database = new DatabaseSync(fileOfLog());
    database.exec(sql);
    database.close();
  };
  const codes = async () => (await verifyLog(log, orderStream)).problems.map((problem) => problem.code);
  const blob = (number: number) => `x'${orderNumber(number).replaceAll('-', '')}'`;

  it('finds nothing in a healthy log, and says how much it looked at', async () => {
    expect(await verifyLog(log, orderStream, clock)).toEqual({
      service: 'order',
      rows: 9,
      streams: 3,
      problemCount: 0,
      problems: [],
    });
  });

  it('finds a row that is missing from the middle', async () => {
    tamper('DELETE FROM log WHERE place = 5');
    const { problems, rows } = await verifyLog(log, orderStream);
    expect(rows).toBe(8);
    expect(problems).toContainEqual({ code: 'position-gap', partition: 0, detail: '6 follows 4' });
    expect(problems).toContainEqual({
      code: 'version-gap',
      partition: 0,
      streamId: orderNumber(2),
      detail: '3 follows 1',
    });
  });

  it('finds a row that is missing from the beginning', async () => {
    tamper('DELETE FROM log WHERE place = 1');
    expect(await codes()).toEqual(expect.arrayContaining(['position-gap', 'version-gap']));
  });

  it('finds rows that are missing from the end', async () => {
    tamper('DELETE FROM log WHERE place = 9');
    const { problems } = await verifyLog(log, orderStream);
    expect(problems).toEqual([
      { code: 'head-differs', partition: 0, detail: 'the last row is 8, the head says 9' },
      {
        code: 'read-model-differs',
        partition: 0,
        streamId: orderNumber(3),
        detail: 'the row is ahead, at version 3',
      },
    ]);
  });

  it('finds a head that would give a position away twice', async () => {
    tamper('UPDATE log_head SET next_position = 9');
    const { problems } = await verifyLog(log, orderStream);
    expect(problems).toEqual([{ code: 'head-differs', partition: 0, detail: 'there is a row 9, the head says 8' }]);
  });

  it('finds a version that was changed', async () => {
    tamper('UPDATE log SET version = 7 WHERE place = 6');
    expect(await codes()).toEqual(expect.arrayContaining(['version-gap', 'read-model-differs']));
  });

  it('finds a cause that acted twice on a stream', async () => {
    tamper('DROP INDEX log_cause; UPDATE log SET cause_id = (SELECT cause_id FROM log WHERE place = 1)');
    const { problems } = await verifyLog(log, orderStream);
    expect(problems).toContainEqual({
      code: 'cause-repeated',
      partition: 0,
      streamId: orderNumber(1),
      detail: expect.stringMatching(/^the cause of position \d has acted before$/) as string,
    });
  });

  it('finds a stream in a partition that is not its own', async () => {
    tamper(`UPDATE log SET place = place + 2 * 1099511627776 - 6 WHERE stream_id = ${blob(3)}`);
    tamper('UPDATE log_head SET next_position = 7; INSERT INTO log_head VALUES (2, 4)');
    const { problems } = await verifyLog(log, orderStream);
    expect(problems.map(({ code, partition }) => [code, partition])).toEqual([
      ['wrong-partition', 2],
      ['wrong-partition', 2],
      ['wrong-partition', 2],
    ]);
  });

  it.each([
    ['a view', `UPDATE orders SET view = '{"status":"CREATED","total":100,"paid":0}'`],
    ['a column', "UPDATE orders SET status = 'CREATED'"],
    ['a column that is null', 'UPDATE orders SET total = NULL'],
    ['a time', 'UPDATE orders SET updated_at = updated_at + 1'],
    ['a timer', 'UPDATE orders SET due_at = NULL, timer_kind = NULL, timer_version = NULL'],
    ['an older version', 'UPDATE orders SET version = 2'],
    ['a newer version', 'UPDATE orders SET version = 9'],
  ])('finds a read-model row with %s that the log does not say', async (_what, sql) => {
    tamper(`${sql} WHERE id = ${blob(2)}`);
    const { problems } = await verifyLog(log, orderStream);
    expect(problems).toMatchObject([{ code: 'read-model-differs', partition: 0, streamId: orderNumber(2) }]);
  });

  it('finds a read-model row that is missing', async () => {
    tamper(`DELETE FROM orders WHERE id = ${blob(2)}`);
    expect((await verifyLog(log, orderStream)).problems).toMatchObject([{ detail: 'the row is missing' }]);
  });

  it('finds an event that was changed', async () => {
    tamper(`UPDATE log SET data = '{"amount":59}' WHERE place = 6`);
    expect((await verifyLog(log, orderStream)).problems).toMatchObject([{ code: 'read-model-differs' }]);
  });

  it('does not mind a projection that leaves a column out', async () => {
    const frugal = { ...orderStream, project: () => ({ view: {}, columns: { status: 'SEEN' } }) };
    const streams = createStreams(log, frugal);
    const { unit } = streams.decided(await streams.load(anOrder(1)), [created(1)], because('frugal'));
    await log.append({ units: [unit] });
    const { problems } = await verifyLog(log, frugal);
    expect(problems.filter((problem) => problem.partition === 1)).toEqual([]);
  });

  it('reads a long log page by page, lists a hundred problems and counts them all', async () => {
    const streams = createStreams(log, orderStream);
    const units = await Promise.all(
      Array.from({ length: 2_500 }, async (_, index) => {
        const loaded = await streams.load(anOrder(1, index + 1));
        return streams.decided(loaded, [created(index)], because(`many ${index}`)).unit;
      }),
    );
    await log.append({ units });
    expect(await verifyLog(log, orderStream, clock)).toMatchObject({ rows: 2_509, streams: 2_503, problemCount: 0 });
    tamper("UPDATE orders SET status = 'LOST' WHERE status = 'CREATED'");
    const { problems, problemCount } = await verifyLog(log, orderStream, clock);
    expect([problems.length, problemCount]).toEqual([100, 2_500]);
  });

  it('runs beside appends and takes none of them for a problem', async () => {
    const done = new AbortController();
    const appending = (async () => {
      for (let number = 10; !done.signal.aborted; number += 1) await record(number, created(number), paid(number));
    })();
    for (let run = 0; run < 20; run += 1) {
      const { problems } = await verifyLog(log, orderStream, clock);
      expect(problems).toEqual([]);
    }
    done.abort();
    await appending;
    expect((await log.heads())[0]).toBeGreaterThan(20);
  });
});
