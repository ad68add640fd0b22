import type { EventLog, LogIdentity, LogRow } from '@checkout/event-log';
import { openSqliteLogReader, type SqliteLogReader } from '@checkout/event-log/sqlite';
import type { Clock } from '@checkout/kernel';

/** A producer's log as the embedded bus reads it. */
export type LogSource = {
  /** Which log this is; `undefined` while the producer has not made it yet. */
  identity(): Promise<LogIdentity | undefined>;
  heads(): Promise<readonly number[]>;
  readPartition(partition: number, fromPosition: number, limit: number): Promise<readonly LogRow[]>;
  /** Calls `wake` with partitions that may have new rows. Returns the function that ends it. */
  watch(wake: (partitions: readonly number[]) => void): () => void;
  close(): Promise<void>;
};

/** A log in this process: wakes on its commits and reads from memory what it just wrote. Closes with its own service. */
export function createLocalLogSource(log: EventLog): LogSource {
  return {
    identity: () => Promise.resolve(log.identity),
    heads: () => log.heads(),
    readPartition: (partition, fromPosition, limit) => log.readPartition(partition, fromPosition, limit),
    watch: (wake) => log.onAppend((rows) => wake([...new Set(rows.map((row) => row.partition))])),
    close: () => Promise.resolve(),
  };
}

/** Waits between looks at another process's file: quick while something moves, slow when it is quiet. */
const busyPollMs = 5;
const idlePollMs = 100;
/** A log that moved this recently is polled quickly. */
const busyForMs = 1_000;

export type FileLogSourceDeps = {
  readonly file: string;
  readonly clock: Clock;
  /** The file is there and cannot be read as a log. */
  readonly onError: (error: Error) => void;
};

/** The log of a service in another process, read from its file. Polls for heads that moved. */
export function createFileLogSource({ file, clock, onError }: FileLogSourceDeps): LogSource {
  const closing = new AbortController();
  let reader: SqliteLogReader | undefined;
  const open = () => {
    reader ??= openSqliteLogReader(file);
    return reader;
  };

  const poll = async (wake: (partitions: readonly number[]) => void, stopped: AbortSignal) => {
    let known: readonly number[] = [];
    let movedAt = clock.monotonic();
    while (!stopped.aborted) {
      const heads = (await open()?.heads()) ?? [];
      const moved = heads.flatMap((head, partition) => (head > (known[partition] ?? 0) ? [partition] : []));
      known = heads;
      if (moved.length > 0) {
        movedAt = clock.monotonic();
        wake(moved);
      }
      await clock.sleep(clock.monotonic() - movedAt < busyForMs ? busyPollMs : idlePollMs, stopped);
    }
  };

  return {
    identity: () => Promise.resolve(open()?.identity),
    heads: () => open()?.heads() ?? Promise.resolve([]),
    readPartition: (partition, fromPosition, limit) =>
      open()?.readPartition(partition, fromPosition, limit) ?? Promise.resolve([]),
    watch(wake) {
      const unwatching = new AbortController();
      void poll(wake, AbortSignal.any([closing.signal, unwatching.signal])).catch(onError);
      return () => unwatching.abort();
    },
    close() {
      closing.abort();
      reader?.close();
      reader = undefined;
      return Promise.resolve();
    },
  };
}
