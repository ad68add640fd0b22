import { createSystemClock } from '@checkout/runtime';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LogStorage } from '../storage.port.ts';
import { anOrder, aUnit, testIdentity, testTable } from '../testing/index.ts';
import { openMysqlLog } from './open.ts';
import { beginNextEpoch, LogInUseError } from './restore.ts';
import { createTestDatabase, mysqlUrl, type TestDatabase } from './testing/test-database.ts';

const clock = createSystemClock();
const testMs = 60_000;
const { service, partitions, epoch } = testIdentity;
const relay = { consumer: 'relay', owner: 'a process' };
const all = Array.from({ length: partitions }, (_, partition) => partition);

describe.skipIf(mysqlUrl === undefined)('a log that is restored', { timeout: testMs }, () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase(clock, 'restore');
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    await database.empty();
    await database.admin.write(["DELETE FROM meta WHERE name LIKE 'epoch/%'"]);
  });

  const open = () => openMysqlLog({ url: database.url, service, partitions, table: testTable, clock });
  const begin = (dryRun = false) => beginNextEpoch({ url: database.url, clock, dryRun });
  /** Two rows in partition 0, one in partition 2, all of which have been published. */
  const fill = async (storage: LogStorage) => {
    await storage.commit([{ units: [aUnit(anOrder(0)), aUnit(anOrder(2))] }]);
    await storage.commit([{ units: [aUnit(anOrder(0), 1)] }]);
    await storage.takeLeases({ ...relay, partitions: all }, testMs);
    await storage.moveCursors(relay, [
      { partition: 0, from: 0, to: 2 },
      { partition: 2, from: 0, to: 1 },
    ]);
  };
  const within = async (work: (storage: LogStorage) => Promise<void>) => {
    const storage = await open();
    try {
      await work(storage);
    } finally {
      await storage.close();
    }
  };

  it('goes on in the next epoch behind what it has, and is published from its beginning', async () => {
    await within(async (storage) => {
      await fill(storage);
      await storage.releaseLeases(relay);
    });
    await begin();

    await within(async (storage) => {
      expect(storage.identity).toEqual({ ...testIdentity, restores: [{ epoch: epoch + 1, from: [3, 1, 2, 1] }] });
      expect(await storage.takeLeases({ ...relay, partitions: all }, testMs)).toEqual(new Map(all.map((p) => [p, 0])));
      await storage.releaseLeases(relay);
    });
  });

  it('may be restored again, each time in another epoch', async () => {
    await begin();
    await begin();
    await within(async ({ identity }) => {
      expect(identity.restores?.map((restore) => restore.epoch)).toEqual([epoch + 1, epoch + 2]);
    });
  });

  it('is left alone while somebody publishes from it', async () => {
    await within(async (storage) => {
      await fill(storage);
      await expect(begin()).rejects.toThrow(LogInUseError);
      await storage.releaseLeases(relay);
    });
    await within(async ({ identity }) => expect(identity).toEqual(testIdentity));
  });

  it('is left as it is by a dry run, which tells what would be done', async () => {
    const told = await begin(true);
    expect(told.map(({ statement }) => statement)).toEqual([
      expect.stringMatching(new RegExp(`^INSERT INTO meta VALUES .*'epoch/${epoch + 1}/0', ?'1'`)),
      expect.stringContaining('UPDATE log_cursor SET position = 0'),
    ]);
    await within(async ({ identity }) => expect(identity).toEqual(testIdentity));
  });

  it('has to be there', async () => {
    const url = Object.assign(new URL(database.url), { pathname: '/test_never_made' }).href;
    await expect(beginNextEpoch({ url, clock })).rejects.toThrow(
      'there is no database test_never_made: restore it first.',
    );
  });
});
