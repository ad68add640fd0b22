import type { LogRow } from './rows.ts';

/** Rows kept per partition: enough for every reader that keeps up; one that does not reads the database. */
const maxRowsPerPartition = 256;

/** The newest rows of a log in memory, so that a reader in the same process pays for no query and no parsing. */
export type LogTail = {
  /** Takes just-committed rows. A row whose position is not the next drops what was kept: the database has it. */
  push(rows: readonly LogRow[]): void;
  /** Up to `limit` rows from a position on, or `undefined` when only the database can tell. */
  read(partition: number, fromPosition: number, limit: number): readonly LogRow[] | undefined;
  /** Forgets everything: rows may have been recorded that were not pushed. */
  clear(): void;
};

/** With `soleWriter` the tail's end is the log's end; without it another process may have gone on behind it. */
export function createLogTail(partitions: number, { soleWriter }: { readonly soleWriter: boolean }): LogTail {
  const kept: LogRow[][] = Array.from({ length: partitions }, () => []);

  return {
    push(rows) {
      for (const row of rows) {
        const tail = kept[row.partition] as LogRow[];
        const last = tail.at(-1);
        if (last !== undefined && row.position !== last.position + 1) {
          if (row.position <= last.position) continue;
          tail.length = 0;
        }
        tail.push(row);
        if (tail.length > maxRowsPerPartition * 2) tail.splice(0, tail.length - maxRowsPerPartition);
      }
    },
    read(partition, fromPosition, limit) {
      const tail = kept[partition] as LogRow[];
      const first = tail[0];
      if (first === undefined || fromPosition < first.position) return undefined;
      const rows = tail.slice(fromPosition - first.position, fromPosition - first.position + limit);
      return rows.length === 0 && !soleWriter ? undefined : rows;
    },
    clear() {
      for (const tail of kept) tail.length = 0;
    },
  };
}
