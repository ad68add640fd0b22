import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { createSystemClock } from '@checkout/runtime';
import { createTcpProxy, type TcpProxy } from '@checkout/runtime/testing';
import { patience } from '@checkout/kernel/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEventLog } from '../event-log.ts';
import type { LogStorage } from '../storage.port.ts';
import { anOrder, aUnit, testIdentity, testTable } from '../testing/index.ts';
import { openMysqlLog } from './open.ts';
import { openSession } from './session.ts';
import { createTestDatabase, mysqlRootUrl, mysqlUrl, type TestDatabase } from './testing/test-database.ts';

const clock = createSystemClock();
const timeoutMs = 500;
/** As it stands in a round trip, behind the writes. */
const commitStatement = ';\nCOMMIT';
const testMs = 240_000;
const { service, partitions } = testIdentity;

describe.skipIf(mysqlUrl === undefined)('MySQL that fails', { timeout: testMs }, () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let opened: LogStorage[] = [];
  beforeAll(async () => {
    database = await createTestDatabase(clock, 'failures');
  }, testMs);
  afterAll(() => database.drop());
  beforeEach(async () => {
    await database.empty();
    proxy = await createTcpProxy(database.url);
    opened = [];
  });
  afterEach(async () => {
    proxy.mend();
    await Promise.all(opened.map((storage) => storage.close()));
    await proxy.close();
  });

  const open = async (change: Partial<Parameters<typeof openMysqlLog>[0]> = {}) => {
    const options = { url: proxy.url, service, partitions, table: testTable, clock, timeoutMs, ...change };
    const storage = await openMysqlLog(options);
    opened.push(storage);
    return storage;
  };
  const openDirectly = () => open({ url: database.url, timeoutMs: 10_000 });

  it('answers a commit whose connection was cut behind COMMIT with: nobody knows', async () => {
    const storage = await open();
    const cut = proxy.cutBehind(commitStatement);
    const result = await storage.commit([{ units: [aUnit(anOrder())] }]);
    await cut;

    expect(result).toMatchObject({ kind: 'unknown' });
    // The server may be at it still.
    await expect.poll(() => storage.readStream(anOrder()), patience).toHaveLength(1);
  });

  it('finds what such a commit recorded, and answers it as recorded once', async () => {
    const log = createEventLog({ storage: await open(), clock });
    const cut = proxy.cutBehind(commitStatement);
    const { outcomes } = await log.append({ units: [aUnit(anOrder()), aUnit(anOrder(1))] });
    await cut;

    expect(outcomes.map(({ kind }) => kind)).toEqual(['appended', 'appended']);
    expect(await log.heads()).toEqual([1, 1, 0, 0]);
  });

  it('has rolled back, and may be asked again, when the connection is cut behind the locks', async () => {
    const storage = await open();
    const cut = proxy.cutBehind('FOR UPDATE');
    expect(await storage.commit([{ units: [aUnit(anOrder())] }])).toMatchObject({
      kind: 'rolled-back',
      retryable: true,
    });
    await cut;
    expect(await storage.readStream(anOrder())).toEqual([]);
    expect(await storage.commit([{ units: [aUnit(anOrder())] }])).toMatchObject({ kind: 'committed' });
  });

  it('is not waited for when it hangs, and is used again when it goes on', async () => {
    const storage = await open();
    await storage.commit([{ units: [aUnit(anOrder())] }]);
    proxy.hang();
    expect(await storage.commit([{ units: [aUnit(anOrder(1))] }])).toMatchObject({
      kind: 'rolled-back',
      retryable: true,
    });
    await expect(storage.readStream(anOrder())).rejects.toThrow(/no answer within 500 ms|ETIMEDOUT/);
    await expect(storage.ping()).rejects.toThrow(/no answer within 500 ms|ETIMEDOUT/);
    proxy.mend();

    expect(await storage.commit([{ units: [aUnit(anOrder(1))] }])).toMatchObject({ kind: 'committed' });
    expect(await storage.readStream(anOrder())).toHaveLength(1);
  });

  it('says that it does not know when it hangs behind COMMIT', async () => {
    const storage = await open();
    const hung = proxy.hangBehind(commitStatement);
    const result = await storage.commit([{ units: [aUnit(anOrder())] }]);
    await hung;

    expect(result).toMatchObject({ kind: 'unknown' });
    const direct = await openDirectly();
    await expect.poll(() => direct.readStream(anOrder()), patience).toHaveLength(1);
  });

  it('ends the transaction of a process that stands still between its locks and its COMMIT', async () => {
    const stopped = await open({ timeoutMs: 60_000 });
    const hung = proxy.hangBehind('FOR UPDATE');
    void stopped.commit([{ units: [aUnit(anOrder(0, 1))] }]);
    await hung;
    const other = createEventLog({ storage: await openDirectly(), clock });
    const { outcomes } = await other.append({ units: [aUnit(anOrder(0, 2))] });

    expect(outcomes).toMatchObject([{ kind: 'appended', rows: [{ position: 1 }] }]);
    proxy.cut();
  });

  it('waits for locks for a bounded time, and has rolled back then', async () => {
    const storage = await openDirectly();
    await database.admin.read([
      'START TRANSACTION',
      'SELECT * FROM log_head FORCE INDEX (PRIMARY) WHERE partition_no IN (0) FOR UPDATE',
    ]);
    // Of another partition: nobody waits.
    expect(await storage.commit([{ units: [aUnit(anOrder(1))] }])).toMatchObject({ kind: 'committed' });
    expect(await storage.commit([{ units: [aUnit(anOrder())] }])).toMatchObject({
      kind: 'rolled-back',
      retryable: true,
      error: { errno: 1205 },
    });
    await database.admin.write(['ROLLBACK']);
    expect(await storage.commit([{ units: [aUnit(anOrder())] }])).toMatchObject({ kind: 'committed' });
  });

  it('is asked again after a deadlock', async () => {
    const log = createEventLog({ storage: await openDirectly(), clock });
    const move = { group: 'payment', logId: 'log-a', partition: 0, to: 5 };
    await log.append({ units: [], offsets: [{ ...move, from: 0 }] });
    await database.admin.read(['START TRANSACTION', 'SELECT * FROM consumer_offset FOR UPDATE']);
    const appending = log.append({ units: [aUnit(anOrder())], offsets: [{ ...move, from: 5, to: 6 }] });
    await untilSomebodyWaits(database);
    const other = await database.admin.read(['SELECT * FROM log_head WHERE partition_no = 0 FOR UPDATE']).then(
      () => 'went on',
      (error: { errno?: number }) => error.errno,
    );
    await database.admin.write(['ROLLBACK']);

    expect(await appending).toMatchObject({ outcomes: [{ kind: 'appended' }], offsets: 'moved' });
    expect(['went on', 1213]).toContain(other);
  });

  it('whose answer has a packet that is not the next one is left, and what it said is not believed', async () => {
    const garbled = await createGarbler(database.url);
    const session = await openSession({ address: { url: garbled.url }, settings: [], clock, timeoutMs: 10_000 });
    garbled.garble();

    await expect(session.read(['SELECT 1'])).rejects.toMatchObject({
      message: expect.stringContaining('garbled'),
      errno: undefined,
    });
    expect(session.isBroken()).toBe(true);
    await garbled.close();
  });

  it.skipIf(mysqlRootUrl === undefined)(
    'that takes no writes any more is left, and found again when it takes them',
    async () => {
      const user = `reader_${Math.floor(clock.now() % 1_000_000)}`;
      const name = new URL(database.url).pathname.slice(1);
      const root = await openSession({
        address: { url: mysqlRootUrl ?? '' },
        settings: [],
        clock,
        timeoutMs: 10_000,
      });
      await root.write([
        `CREATE USER ${user} IDENTIFIED BY 'secret'`,
        `GRANT SELECT, INSERT, UPDATE, DELETE ON ${name}.* TO ${user}`,
      ]);
      const url = Object.assign(new URL(database.url), { username: user, password: 'secret' }).href;
      const storage = await open({ url, timeoutMs: 10_000 });
      expect(await storage.commit([{ units: [aUnit(anOrder(0, 1))] }])).toMatchObject({ kind: 'committed' });
      try {
        await root.write(['SET GLOBAL read_only = 1']);
        expect(await storage.commit([{ units: [aUnit(anOrder(0, 2))] }])).toMatchObject({
          kind: 'rolled-back',
          retryable: true,
          error: { errno: 1290 },
        });
        expect(await storage.readStream(anOrder(0, 1))).toHaveLength(1);
      } finally {
        await root.write(['SET GLOBAL read_only = 0']);
      }
      expect(await storage.commit([{ units: [aUnit(anOrder(0, 2))] }])).toMatchObject({ kind: 'committed' });
      await root.write([`DROP USER ${user}`]);
      root.destroy();
    },
  );

  it('does not wait for ever for a free connection', async () => {
    const storage = await open({ readers: 1 });
    const hung = proxy.hangBehind('from `log`');
    const reads = [storage.readStream(anOrder()), storage.readStream(anOrder(1))];
    await hung;
    const results = await Promise.allSettled(reads);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    proxy.mend();

    expect(await storage.readStream(anOrder())).toEqual([]);
  });

  it('loses no connection to failures: many of them, and it still commits', async () => {
    const storage = await open({ writers: 2 });
    for (let round = 0; round < 20; round += 1) {
      proxy.cut();
      expect(await storage.commit([{ units: [aUnit(anOrder())] }])).toMatchObject({ kind: 'rolled-back' });
      proxy.mend();
    }
    expect(await storage.commit([{ units: [aUnit(anOrder())] }])).toMatchObject({ kind: 'committed' });
  });

  it('shows no gap and skips nothing while fifty writers commit at random speeds', async () => {
    const instances = 25;
    const unitsEach = 10;
    const storages = await Promise.all(
      Array.from({ length: instances }, () => open({ writers: 2, readers: 1, timeoutMs: 30_000 })),
    );
    proxy.delay(() => Math.floor(Math.random() * 15));
    let isWriting = true;
    const goesOn = () => isWriting;
    const seen = Array.from({ length: partitions }, () => 0);
    const look = async (reader: LogStorage) => {
      for (const [partition, last] of seen.entries()) {
        const rows = await reader.readPartition(partition, last + 1, 1_000);
        expect(rows.map(({ position }) => position)).toEqual(rows.map((_, index) => last + 1 + index));
        seen[partition] = last + rows.length;
      }
    };
    const watch = async (reader: LogStorage) => {
      while (goesOn()) await look(reader);
    };
    const reader = await openDirectly();
    const watching = watch(reader);
    const writers = storages.flatMap((storage, instance) => [
      { log: storage, number: 2 * instance },
      { log: storage, number: 2 * instance + 1 },
    ]);
    await Promise.all(
      writers.map(async ({ log, number }) => {
        for (let unit = 0; unit < unitsEach; unit += 1) {
          const order = anOrder((number + unit) % partitions, 1 + number * unitsEach + unit);
          while ((await log.commit([{ units: [aUnit(order)] }])).kind !== 'committed');
        }
      }),
    );
    isWriting = false;
    await watching;
    await look(reader);

    expect(seen.reduce((sum, count) => sum + count)).toBe(2 * instances * unitsEach);
  });
});

/** Until some transaction waits for a lock of this database. */
async function untilSomebodyWaits({ url }: TestDatabase): Promise<void> {
  const watcher = await openSession({ address: { url }, settings: [], clock, timeoutMs: 10_000 });
  for (;;) {
    const [waits = []] = await watcher.read(['SELECT 1 AS waits FROM performance_schema.data_lock_waits LIMIT 1']);
    if (waits.length > 0) break;
  }
  watcher.destroy();
}

/** A line to a server on which the next answer begins with another packet than the one that is due. */
async function createGarbler(url: string) {
  let isDue = false;
  const acceptor = createServer((client) => {
    const { hostname, port } = new URL(url);
    const server = connect(Number(port), hostname);
    client.pipe(server);
    server.on('data', (answer) => {
      // Three bytes of length, and one that counts.
      if (isDue) answer[3] = (answer[3] ?? 0) + 1;
      isDue = false;
      client.write(answer);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(acceptor, 'listening');
  const { port } = acceptor.address() as AddressInfo;
  return {
    url: Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).href,
    garble() {
      isDue = true;
    },
    close: () => new Promise((resolve) => acceptor.close(resolve)),
  };
}
