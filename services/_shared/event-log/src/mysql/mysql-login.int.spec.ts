import { createSystemClock } from '@checkout/runtime';
import { createTestAuthority } from '@checkout/runtime/testing';
import { patience } from '@checkout/kernel/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { testIdentity, testTable } from '../testing/index.ts';
import { inDatabase } from './address.ts';
import { openMysqlLog } from './open.ts';
import { openSession, type Session } from './session.ts';
import { createTestDatabase, mysqlRootUrl, mysqlUrl, type TestDatabase } from './testing/test-database.ts';
import { dropMysqlUser, ensureMysqlUser } from './users.ts';

const clock = createSystemClock();
const { service, partitions } = testIdentity;
const timeoutMs = 30_000;

describe.skipIf(mysqlUrl === undefined || mysqlRootUrl === undefined)('a login to MySQL', () => {
  const name = `login_${process.pid}`;
  let database: TestDatabase;
  let root: Session;
  const admin = () => ({ ...inDatabase({ url: mysqlRootUrl ?? '' }, new URL(database.url).pathname.slice(1)), clock });
  const bare = () => Object.assign(new URL(database.url), { username: '', password: '' }).href;
  beforeAll(async () => {
    database = await createTestDatabase(clock, 'login');
    root = await openSession({ address: { url: mysqlRootUrl ?? '' }, settings: [], clock, timeoutMs });
  });
  beforeEach(() => ensureMysqlUser(admin(), { name, password: 'the first' }).then(() => {}));
  afterAll(async () => {
    await dropMysqlUser(admin(), name);
    root.destroy();
    await database.drop();
  });

  const setPassword = (password: string) => root.write([`ALTER USER '${name}'@'%' IDENTIFIED BY '${password}'`]);
  const throwOut = async () => {
    const [rows = []] = await root.read([`SELECT id FROM information_schema.processlist WHERE user = '${name}'`]);
    // One of them may have gone by itself meanwhile.
    for (const { id } of rows) await root.write([`KILL ${String(id)}`]).catch(() => {});
    return rows.length;
  };

  it('is made anew with the password that there is then, and needs no restart', async () => {
    await setPassword('the first');
    const known = { password: 'the first' };
    const login = { url: bare(), username: () => name, password: () => known.password };
    const log = await openMysqlLog({ ...login, service, partitions, table: testTable, clock });
    try {
      expect(await log.heads()).toHaveLength(partitions);
      await setPassword('the second');
      // Whoever is in may stay.
      expect(await log.heads()).toHaveLength(partitions);

      expect(await throwOut()).toBeGreaterThan(0);
      await vi.waitFor(() => expect(log.heads()).rejects.toThrow(/Access denied/), patience);
      await expect(log.heads()).rejects.not.toThrow(/the (first|second)/);
      known.password = 'the second';
      expect(await log.heads()).toHaveLength(partitions);
    } finally {
      await log.close();
    }
  });

  it('with certificates is not made to a server that has none of them', async () => {
    const ca = () => createTestAuthority().certificate;
    await expect(openSession({ address: { url: database.url, ca }, settings: [], clock, timeoutMs })).rejects.toThrow(
      /certificate/,
    );
  });
});
