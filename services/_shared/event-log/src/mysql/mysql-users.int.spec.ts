import { createSystemClock } from '@checkout/runtime';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeLogStorage, testIdentity, testTable } from '../testing/index.ts';
import { openMysqlLog } from './open.ts';
import { openSession, type Session } from './session.ts';
import {
  createEmptyDatabase,
  createTestDatabase,
  mysqlRootUrl,
  mysqlUrl,
  type TestDatabase,
} from './testing/test-database.ts';
import { addressOfUser, dropMysqlUser, ensureMysqlUser, type MysqlUser } from './users.ts';

const clock = createSystemClock();
const { service, partitions } = testIdentity;
const timeoutMs = 30_000;
const rights = 'SELECT, INSERT, UPDATE, DELETE';

describe.skipIf(mysqlUrl === undefined || mysqlRootUrl === undefined)('a MySQL user of one service', () => {
  let database: TestDatabase;
  let other: Awaited<ReturnType<typeof createEmptyDatabase>>;
  let root: Session;
  let user: MysqlUser;
  beforeAll(async () => {
    database = await createTestDatabase(clock, 'users');
    other = await createEmptyDatabase(clock, 'usersXother');
    root = await openSession({ address: { url: mysqlRootUrl ?? '' }, settings: [], clock, timeoutMs });
  });
  afterAll(async () => {
    root.destroy();
    await Promise.all([database.drop(), other.drop()]);
  });
  beforeEach(() => {
    user = { name: `test_${process.pid}`, password: `it's "50%41" \\ p@ss/wörd:?#` };
  });
  afterEach(() => dropMysqlUser(address(), user.name));

  const nameOf = (url: string) => new URL(url).pathname.slice(1);
  /** Of the administrator. */
  const address = (url = database.url) => ({
    url: Object.assign(new URL(mysqlRootUrl ?? ''), { pathname: `/${nameOf(url)}` }).href,
    clock,
  });
  const ensure = (change: Partial<MysqlUser> = {}) => ensureMysqlUser(address(), { ...user, ...change });
  const sessionOf = (change: Partial<MysqlUser> = {}, url = database.url) =>
    openSession({
      address: { url: addressOfUser(url, { ...user, ...change }) },
      settings: [],
      clock,
      timeoutMs,
    });
  const grants = async () => {
    const [rows = []] = await root.read([`SHOW GRANTS FOR '${user.name}'@'%'`]);
    return rows.map((row) => String(Object.values(row)[0]));
  };

  describe('that was made', () => {
    const openAsUser = () =>
      openMysqlLog({ url: addressOfUser(database.url, user), service, partitions, table: testTable, clock });
    beforeEach(async () => {
      await ensure();
    });

    describeLogStorage('MySQL without DDL', {
      open: async () => {
        await database.empty();
        return openAsUser();
      },
      openAgain: openAsUser,
      clock: { now: () => clock.now(), advance: (ms) => clock.sleep(ms) },
      sequences: 2,
    });

    it('has four rights on one database, whose name stands for itself', async () => {
      const escaped = nameOf(database.url).replaceAll('_', String.raw`\_`);
      expect(await grants()).toEqual([
        `GRANT USAGE ON *.* TO \`${user.name}\`@\`%\``,
        `GRANT ${rights} ON \`${escaped}\`.* TO \`${user.name}\`@\`%\``,
      ]);
    });

    it.each([
      'CREATE TABLE more (id INT)',
      'DROP TABLE meta',
      'ALTER TABLE meta ADD COLUMN more INT',
      'CREATE INDEX more ON meta (value(9))',
      'TRUNCATE TABLE log',
      'CREATE VIEW more AS SELECT 1',
      'CREATE DATABASE more_of_it',
      `GRANT SELECT ON meta TO 'root'@'%'`,
      'SET GLOBAL innodb_flush_log_at_trx_commit = 0',
    ])('may not %s', async (statement) => {
      const session = await sessionOf();
      await expect(session.write([statement])).rejects.toThrow(/denied/i);
      session.destroy();
    });

    it('sees nothing of another service’s database, also of one whose name is alike', async () => {
      const likeIt = nameOf(database.url).replaceAll('_', 'x');
      await root.write([`CREATE DATABASE ${likeIt}`, `CREATE TABLE ${likeIt}.secret (id INT)`]);
      const session = await sessionOf();
      try {
        await expect(session.read([`SELECT * FROM ${likeIt}.secret`])).rejects.toThrow(/denied/i);
        await expect(sessionOf({}, other.url)).rejects.toThrow(/denied/i);
        const [visible = []] = await session.read(['SHOW DATABASES']);
        expect(visible.map((row) => String(Object.values(row)[0]))).not.toContain(nameOf(other.url));
      } finally {
        session.destroy();
        await root.write([`DROP DATABASE ${likeIt}`]);
      }
    });
  });

  it('is made once, and told without its password', async () => {
    const told = await ensureMysqlUser({ ...address(), dryRun: true }, user);
    await expect(sessionOf()).rejects.toThrow(/denied/i);
    expect(await ensure()).toEqual(told);
    expect(told).toEqual([
      `CREATE USER IF NOT EXISTS '${user.name}'@'%' IDENTIFIED BY '(hidden)'`,
      expect.stringMatching(new RegExp(`^GRANT ${rights} ON `)),
    ]);
    expect(await ensure()).toEqual([]);
  });

  it('whose password changes may go on with the old one until it changes again', async () => {
    await ensure();
    expect(await ensure({ password: 'the second password' })).toEqual([
      `ALTER USER '${user.name}'@'%' IDENTIFIED BY '(hidden)' RETAIN CURRENT PASSWORD`,
    ]);
    expect(await ensure({ password: 'the second password' })).toEqual([]);
    (await sessionOf()).destroy();
    (await sessionOf({ password: 'the second password' })).destroy();

    await ensure({ password: 'the third password' });
    (await sessionOf({ password: 'the second password' })).destroy();
    await expect(sessionOf()).rejects.toThrow(/denied/i);
  });

  it('that has lost some of its rights gets them back', async () => {
    await ensure();
    const escaped = nameOf(database.url).replaceAll('_', String.raw`\_`);
    await root.write([`REVOKE UPDATE, DELETE ON \`${escaped}\`.* FROM '${user.name}'@'%'`]);
    expect(await ensure()).toEqual([expect.stringMatching(/^GRANT /)]);
    expect((await grants())[1]).toContain(rights);
  });

  it.each(['GRANT CREATE ON *.* TO', 'GRANT SELECT ON mysql.* TO', 'GRANT CREATE ON DATABASE.* TO'])(
    'that may do more than it needs is refused, and nothing taken back (%s)',
    async (grant) => {
      await ensure();
      await root.write([`${grant.replace('DATABASE', nameOf(database.url))} '${user.name}'@'%'`]);
      const before = await grants();
      await expect(ensure({ password: 'another password' })).rejects.toThrow(
        /may do more than it needs \(GRANT .*revoke/,
      );
      expect(await grants()).toEqual(before);
    },
  );

  it('is made by somebody who may, and by nobody else', async () => {
    await ensure();
    const asUser = { url: addressOfUser(database.url, user), clock };
    const another = { name: `${user.name}_b`, password: 'the password of another' };
    await expect(ensureMysqlUser(asUser, another)).rejects.toThrow(
      new RegExp(`^${user.name} may not make users and hand out rights: name one in MYSQL_URL who may`),
    );
    expect(await ensureMysqlUser({ ...asUser, dryRun: true }, another)).toHaveLength(2);
  });

  it('is not left behind without rights by somebody who may make users and hand out none', async () => {
    const maker = { name: `${user.name}_m`, password: 'the password of the maker' };
    const left = { name: `${user.name}_l`, password: 'the password of the one left' };
    await ensureMysqlUser(address(), maker);
    await root.write([
      `GRANT CREATE USER ON *.* TO '${maker.name}'@'%'`,
      `GRANT SELECT ON mysql.* TO '${maker.name}'@'%'`,
    ]);
    try {
      const asMaker = { url: addressOfUser(database.url, maker), clock };
      await expect(ensureMysqlUser(asMaker, left)).rejects.toThrow(/may not make users and hand out rights/);
      await expect(root.read([`SHOW GRANTS FOR '${left.name}'@'%'`])).rejects.toThrow(/no such grant/);
    } finally {
      await dropMysqlUser(address(), maker.name);
    }
  });

  it('has a name that MySQL can hold', async () => {
    await expect(ensure({ name: 'x'.repeat(33) })).rejects.toThrow('shorten MYSQL_DATABASE_PREFIX');
  });
});
