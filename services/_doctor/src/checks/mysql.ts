import { connectionOf, inDatabase, type MysqlAddress } from '@checkout/event-log/mysql';
import { createConnection, type RowDataPacket } from 'mysql2';
import { type Check, faulty, type Finding, ok } from '../finding.ts';
import { type Address, clockFindings, type ClockReading, connectTimeoutMs, isAtLeast, unreachable } from './server.ts';

export type MysqlFacts = {
  readonly version: string;
  readonly grants: readonly string[];
  readonly databases: readonly string[];
  readonly settings: {
    readonly flushAtCommit: number;
    readonly syncBinlog: number;
    readonly hasBinlog: boolean;
    readonly isReadOnly: boolean;
  };
  readonly clock: ClockReading;
};

/** @param databases that the services use */
export function mysqlCheck(address: Address, server: MysqlAddress, databases: readonly string[]): Check {
  const { about } = address;
  return {
    about,
    async run(signal) {
      try {
        return judgeMysql(address, await readFacts(server, signal), databases);
      } catch (error) {
        return [unreachable(address, error)];
      }
    },
  };
}

export function judgeMysql(
  { about, host }: Address,
  { version, grants, databases: present, settings, clock }: MysqlFacts,
  databases: readonly string[],
): readonly Finding[] {
  if (/mariadb/i.test(version) || !isAtLeast(version, [8, 0])) {
    return [
      faulty(about, 'broken', `${version} at ${host} is not supported`, 'use MySQL 8.0 or newer: compose.yaml has one'),
    ];
  }
  return [
    ok(about, `${version} at ${host}`),
    ...judgeRights(about, grants, present, databases),
    ...judgeUsers(about, grants),
    ...judgeSettings(about, settings),
    ...clockFindings(about, clock),
  ];
}

function judgeRights(
  about: string,
  grants: readonly string[],
  present: readonly string[],
  databases: readonly string[],
): readonly Finding[] {
  const missing = databases.filter((database) => !present.includes(database));
  if (missing.every((database) => grants.some((grant) => allowsCreating(grant, database)))) return [];
  const says = `its user may not make the databases that are missing: ${missing.join(', ')}`;
  return [faulty(about, 'broken', says, 'name a user in MYSQL_URL who has CREATE on them, or have them made')];
}

/** Of the server as a whole: `npm run services` hands out rights on databases that it makes. */
function judgeUsers(about: string, grants: readonly string[]): readonly Finding[] {
  const all = grants.filter((grant) => grant.includes(' ON *.* TO '));
  const makesUsers = all.some((grant) => /\b(ALL PRIVILEGES|CREATE USER)\b/.test(grant));
  if (makesUsers && all.some((grant) => grant.endsWith(' WITH GRANT OPTION'))) return [];
  const says = 'its user may not make others: npm run services gives every service all of its rights';
  return [faulty(about, 'note', says, 'name an administrator in MYSQL_URL, as compose.yaml has one')];
}

/** Of a line of SHOW GRANTS. In the name of a database, `%` and `_` are wildcards unless a backslash stands before them. */
function allowsCreating(grant: string, database: string): boolean {
  const [, rights = '', pattern = ''] = /^GRANT (.+) ON (\S+)\.\* TO /.exec(grant) ?? [];
  if (!/\b(ALL PRIVILEGES|CREATE)\b(?! [A-Z])/.test(rights)) return false;
  if (pattern === '*') return true;
  const source = pattern
    .replaceAll('`', '')
    .replaceAll(/\\?[%_]|[^\w]/g, (found) => ({ '%': '.*', _: '.' })[found] ?? `\\${found.at(-1)}`);
  return new RegExp(`^${source}$`).test(database);
}

function judgeSettings(about: string, settings: MysqlFacts['settings']): readonly Finding[] {
  const { flushAtCommit, syncBinlog, hasBinlog, isReadOnly } = settings;
  const notDurable = (name: string, value: number) =>
    faulty(about, 'warning', `${name} is ${value}: a power cut loses what was acknowledged`, `set ${name}=1`);
  return [
    ...(isReadOnly
      ? [
          faulty(
            about,
            'broken',
            'it is read-only',
            'name the primary, or SET GLOBAL super_read_only = 0, read_only = 0',
          ),
        ]
      : []),
    ...(flushAtCommit === 1 ? [] : [notDurable('innodb_flush_log_at_trx_commit', flushAtCommit)]),
    ...(!hasBinlog || syncBinlog === 1 ? [] : [notDurable('sync_binlog', syncBinlog)]),
  ];
}

async function readFacts(server: MysqlAddress, signal: AbortSignal): Promise<MysqlFacts> {
  const connection = createConnection({ ...connectionOf(inDatabase(server, '')), connectTimeout: connectTimeoutMs });
  // What goes wrong while nobody asks is told to this listener alone; whoever asks is told as well.
  connection.on('error', () => {});
  signal.addEventListener('abort', () => connection.destroy(), { once: true });
  const ask = async (sql: string) => (await connection.promise().query<RowDataPacket[]>(sql))[0];
  const [facts] = await ask(
    `SELECT VERSION() AS version, @@innodb_flush_log_at_trx_commit AS flushAtCommit, @@sync_binlog AS syncBinlog,
     @@log_bin AS hasBinlog, @@read_only OR @@innodb_read_only AS isReadOnly`,
  );
  const askedMs = Date.now();
  const [now] = await ask('SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000 AS DOUBLE) AS serverMs');
  const answeredMs = Date.now();
  const grants = (await ask('SHOW GRANTS')).map((row) => String(Object.values(row)[0]));
  const databases = (await ask('SHOW DATABASES')).map((row) => String(Object.values(row)[0]));
  return {
    version: String(facts?.['version']),
    grants,
    databases,
    settings: {
      flushAtCommit: Number(facts?.['flushAtCommit']),
      syncBinlog: Number(facts?.['syncBinlog']),
      hasBinlog: Number(facts?.['hasBinlog']) === 1,
      isReadOnly: Number(facts?.['isReadOnly']) === 1,
    },
    clock: { serverMs: Number(now?.['serverMs']), askedMs, answeredMs },
  };
}
