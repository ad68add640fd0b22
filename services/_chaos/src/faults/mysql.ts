import { randomBytes } from 'node:crypto';
import { type ServiceName, services } from '@checkout/contracts';
import { databaseUrl, makeFitForUse } from '@checkout/processes';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { Arena } from '../arena.ts';
import type { Fault } from '../fault.ts';
import { restoreBackup, takeBackup } from './mysql-backup.ts';
import { hung, killed, linesTo, slow, type Victim } from './servers.ts';

const hungMs = 20_000;
const readOnlyMs = 15_000;
const stormMs = 15_000;
const slowMs = 20_000;
const forgottenMs = 5_000;
const cutsPerInstance = 3;
const cutWithinMs = 30_000;

const server: Victim = { name: 'mysql', title: 'MySQL' };

/** A connection with the rights of an administrator, by `MYSQL_ROOT_URL` or, without it, by `MYSQL_URL`. */
async function asAdministrator<Value>(arena: Arena, work: (connection: Connection) => Promise<Value>): Promise<Value> {
  const connection = await createConnection({ uri: arena.administratorUrl, multipleStatements: true });
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}

const writable = (arena: Arena) =>
  asAdministrator(arena, async (connection) => {
    await connection.query('SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF');
  });

/** Waits for no piece any more. */
const release = (arena: Arena) => {
  for (const line of linesTo(arena, 'mysql')) line.release();
};

const commits = (arena: Arena) =>
  asAdministrator(arena, async (connection) => {
    const [rows] = await connection.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Com_commit'");
    return Number(rows[0]?.['Value']);
  });

const endAll = (arena: Arena, names: readonly ServiceName[]) =>
  Promise.all(names.flatMap(arena.of).map(({ instance }) => instance.kill())).then(() => undefined);
const startAll = (arena: Arena) =>
  Promise.all(services.flatMap(arena.of).map(({ instance }) => instance.start())).then(() => undefined);

export const mysqlFaults: readonly Fault[] = [
  killed(server, 'mysql-killed'),
  hung(server, hungMs),
  {
    name: 'mysql-cut-after-commit',
    does: 'connections end when COMMIT has been sent and done, before the service hears of it; every instance of every service',
    async strike(arena) {
      let times = 0;
      const giveUp = new AbortController();
      const tooLate = arena.clock.sleep(cutWithinMs, giveUp.signal);
      const cuts = services.flatMap(arena.of).map(async ({ mysql }) => {
        for (let cut = 0; cut < cutsPerInstance && !giveUp.signal.aborted; cut += 1) {
          await Promise.race([mysql?.cutBehind('COMMIT').then(() => (times += 1)), tooLate]);
        }
      });
      await Promise.race([Promise.all(cuts), tooLate]);
      giveUp.abort();
      release(arena);
      return { times, seen: `${times} commits whose answer was lost` };
    },
    heal: (arena) => Promise.resolve(release(arena)),
  },
  {
    name: 'mysql-read-only',
    does: `MySQL takes no writes for ${readOnlyMs / 1000} s, as after a failover`,
    async strike(arena) {
      await asAdministrator(arena, (connection) => connection.query('SET GLOBAL super_read_only = ON'));
      const before = await commits(arena);
      await arena.clock.sleep(readOnlyMs);
      const refused = await isRefused(arena);
      const during = (await commits(arena)) - before;
      await writable(arena);
      return {
        times: refused ? 1 : 0,
        seen: `${refused ? 'writes were refused' : 'writes passed'}, ${during} commits meanwhile`,
      };
    },
    heal: writable,
  },
  {
    name: 'mysql-deadlock-storm',
    does: `transactions that lock what the services lock, in the other order, for ${stormMs / 1000} s`,
    async strike(arena) {
      const untilMs = arena.clock.monotonic() + stormMs;
      let collisions = 0;
      const storms = services.map((service) =>
        asAdministrator(arena, async (connection) => {
          await connection.query(`USE \`${new URL(databaseUrl(arena.databases, service)).pathname.slice(1)}\``);
          await connection.query('SET SESSION innodb_lock_wait_timeout = 1, transaction_isolation = "READ-COMMITTED"');
          while (arena.clock.monotonic() < untilMs) {
            try {
              await connection.query('START TRANSACTION');
              await connection.query(
                'UPDATE log_head SET next_position = next_position ORDER BY partition_no DESC LIMIT 4',
              );
              await connection.query(
                'UPDATE log_head SET next_position = next_position ORDER BY partition_no ASC LIMIT 4',
              );
            } catch {
              collisions += 1;
            }
            await connection.query('ROLLBACK');
          }
        }),
      );
      await Promise.all(storms);
      return { times: collisions, seen: `${collisions} deadlocks and lock timeouts of the storm's own` };
    },
  },
  {
    name: 'credentials-rotated',
    does: 'every service gets a new password for MySQL, instance by instance; then the old one is worth nothing',
    unnoticed: true,
    async strike(arena) {
      const password = randomBytes(24).toString('base64url');
      const userOf = (service: ServiceName) => `\`${arena.databases.prefix}${service}\`@'%'`;
      const alter = (service: ServiceName, how: string) =>
        asAdministrator(arena, (connection) => connection.query(`ALTER USER ${userOf(service)} ${how}`));
      for (const service of services) {
        await alter(service, `IDENTIFIED BY '${password}' RETAIN CURRENT PASSWORD`);
        arena.setPassword(service, password);
        for (const { instance } of arena.of(service)) {
          await instance.stop();
          await instance.start();
        }
        await alter(service, 'DISCARD OLD PASSWORD');
      }
      return { times: services.length, seen: `${services.length} passwords changed and the old ones discarded` };
    },
  },
  {
    name: 'mysql-restored',
    does: `MySQL is set back to a backup that is ${forgottenMs / 1_000} s old; what providers did meanwhile they have done`,
    async strike(arena) {
      // No order is accepted behind the backup: it would be gone, as it is after any restore.
      await endAll(arena, ['order']);
      const names = services.map((service) => new URL(databaseUrl(arena.databases, service)).pathname.slice(1));
      const backup = await asAdministrator(arena, (connection) => takeBackup(connection, names));
      await arena.clock.sleep(forgottenMs);
      await endAll(arena, services);
      const times = await asAdministrator(arena, (connection) => restoreBackup(connection, backup));
      const { replicationFactor } = arena.servers;
      await makeFitForUse({ ...arena, connection: arena.servers.connection(), replicationFactor, dryRun: false });
      await startAll(arena);
      return { times, seen: `${times} rows of the logs forgotten` };
    },
    heal: startAll,
  },
  slow(server, slowMs, { does: 'up to 150 ms', nextMs: ({ random }) => random.next() * 150 }),
];

async function isRefused(arena: Arena): Promise<boolean> {
  const connection = await createConnection(databaseUrl(arena.databases, 'order'));
  try {
    await connection.query('UPDATE log_head SET next_position = next_position');
    return false;
  } catch {
    return true;
  } finally {
    connection.destroy();
  }
}
