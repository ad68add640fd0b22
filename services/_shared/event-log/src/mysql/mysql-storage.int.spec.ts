import { createSystemClock } from '@checkout/runtime';
import { afterAll, beforeAll, describe } from 'vitest';
import { describeLogStorage, testIdentity, testTable } from '../testing/index.ts';
import { openMysqlLog } from './open.ts';
import { createTestDatabase, mysqlUrl, type TestDatabase } from './testing/test-database.ts';

const clock = createSystemClock();

describe.skipIf(mysqlUrl === undefined)('MySQL', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase(clock, 'contract');
  });
  afterAll(() => database.drop());

  const { service, partitions } = testIdentity;
  const open = () => openMysqlLog({ url: database.url, service, partitions, table: testTable, clock });
  describeLogStorage('MySQL', {
    open: async () => {
      await database.empty();
      return open();
    },
    openAgain: open,
    clock: { now: () => clock.now(), advance: (ms) => clock.sleep(ms) },
    sequences: 20,
  });
});
