import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { LogIdentity } from '../storage.port.ts';
import type { LogRow } from '../rows.ts';
import { decodeLogRow, placeOf, type SqlRow } from '../sql-rows.ts';
import { LogOpenError } from '../log-open-error.ts';
import { readMeta } from './open.ts';

/** How long a read waits for a writer that is just recovering or closing the file, milliseconds. */
const busyTimeoutMs = 1_000;

/** Reads another service's log from its file, without the right to write. */
export type SqliteLogReader = {
  readonly identity: LogIdentity;
  heads(): Promise<readonly number[]>;
  readPartition(partition: number, fromPosition: number, limit: number): Promise<readonly LogRow[]>;
  close(): void;
};

/**
 * Opens the file of a service that may not have started yet.
 * @returns undefined when the file is not there, or holds no log yet: ask again later.
 * @throws LogOpenError when it is there and is not a log.
 */
export function openSqliteLogReader(file: string): SqliteLogReader | undefined {
  if (!existsSync(file)) return undefined;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: busyTimeoutMs });
    if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() === undefined) {
      database.close();
      return undefined;
    }
    return readerOf(database);
  } catch (error) {
    database?.close();
    throw new LogOpenError(`${file} cannot be read as a log: ${(error as Error).message}`, error);
  }
}

function readerOf(database: DatabaseSync): SqliteLogReader {
  const meta = readMeta(database);
  const identity: LogIdentity = {
    logId: meta.get('logId') ?? '',
    service: meta.get('service') ?? '',
    partitions: Number(meta.get('partitions')),
    epoch: Number(meta.get('epoch')),
  };
  const heads = database.prepare('SELECT partition, next_position FROM log_head');
  const rows = database.prepare('SELECT * FROM log WHERE place >= ? AND place < ? ORDER BY place LIMIT ?');
  return {
    identity,
    async heads() {
      const next = new Map((heads.all() as SqlRow[]).map((row) => [row['partition'], row['next_position'] as number]));
      return Array.from({ length: identity.partitions }, (_, partition) => (next.get(partition) ?? 1) - 1);
    },
    readPartition: async (partition, fromPosition, limit) =>
      (rows.all(placeOf(partition, fromPosition), placeOf(partition + 1, 0), limit) as SqlRow[]).map(decodeLogRow),
    close: () => database.close(),
  };
}
