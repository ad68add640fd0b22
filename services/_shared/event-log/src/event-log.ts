import type { Clock } from '@checkout/kernel';
import { beginPart, endWith } from '@checkout/telemetry';
import { createGroupCommit, type GroupCommit, LogUnavailableError } from './group-commit.ts';
import { createInquiries } from './inquiries.ts';
import { createLogTail } from './log-tail.ts';
import type { LogRow } from './rows.ts';
import type { LogReads, LogStorage } from './storage.port.ts';
import type { AppendRequest, AppendResult } from './units.ts';

/**
 * Just-committed rows of this process, in position order within each partition. A hint: other processes commit too. Runs
 * before the append resolves; a listener that throws is a defect of its own (an uncaught exception), never a failed append.
 */
export type AppendListener = (rows: readonly LogRow[]) => void;

/**
 * A service's event log. An append that resolved is durable: it survives `kill -9` at that instant. At least once for
 * readers, in commit order within a partition. Every function that asks the database may throw LogUnavailableError.
 */
export type EventLog = Omit<LogStorage, 'commit' | 'close'> &
  GroupCommit & {
    /** What the database itself says, past the rows that are kept in memory: for whoever checks it. */
    readonly database: LogReads;
    /** Returns the function that takes the listener off again. */
    onAppend(listener: AppendListener): () => void;
    /** Waits for what is queued, then closes the database. */
    close(): Promise<void>;
  };

export type EventLogDeps = {
  readonly storage: LogStorage;
  readonly clock: Clock;
  readonly writers?: number;
  /**
   * No other process writes this log, so a reader at the end of what this process wrote needs not ask the database whether
   * there is more. Leave it out where several instances share a database: rows of the others would stay unseen.
   */
  readonly soleWriter?: boolean;
};

export function createEventLog({ storage, clock, writers = 1, soleWriter = false }: EventLogDeps): EventLog {
  const tail = createLogTail(storage.identity.partitions, { soleWriter });
  const listeners = new Set<AppendListener>();

  const announce = (results: readonly AppendResult[]) => {
    const rows = results.flatMap((result) =>
      result.outcomes.flatMap((outcome) => (outcome.kind === 'appended' ? outcome.rows : [])),
    );
    if (rows.length === 0) return;
    tail.push(rows);
    for (const listener of listeners) queueMicrotask(() => listener(rows));
  };

  const groupCommit = createGroupCommit({
    clock,
    writers,
    announce,
    commit: async (requests) => {
      const result = await storage.commit(requests);
      // There may be rows now that nobody here has seen.
      if (result.kind === 'unknown') tail.clear();
      return result;
    },
  });

  const reads = createReads(storage);
  return {
    ...reads,
    ...groupCommit,
    append: (request) => traceAppend(request, groupCommit),
    database: storage,
    inquire: createInquiries({ clock, ask: reads.inquire }),
    readPartition: (partition, fromPosition, limit) => {
      const rows = tail.read(partition, fromPosition, limit);
      return rows === undefined ? reads.readPartition(partition, fromPosition, limit) : Promise.resolve(rows);
    },
    onAppend(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      await groupCommit.drain();
      await storage.close();
    },
  };
}

/** A span from the queue to the disk, when the append is part of work that is recorded: a request waits for it. */
function traceAppend(request: AppendRequest, groupCommit: GroupCommit): Promise<AppendResult> {
  const appended = groupCommit.append(request);
  const span = beginPart(() => ({
    name: 'log append',
    kind: 'internal',
    attributes: { 'checkout.units': request.units.length },
  }));
  if (span !== undefined) endWith([span], appended, 'not recorded');
  return appended;
}

const questions = [
  'readStream',
  'readStreams',
  'readPartition',
  'heads',
  'key',
  'offsets',
  'offsetLogs',
  'readModel',
  'listReadModel',
  'countReadModel',
  'dueTimers',
  'nextTimerInMs',
  'deadLetters',
  'inquire',
  'redrivingOrders',
  'ping',
  'purgeKeys',
  'markRedriving',
  'takeLeases',
  'moveCursors',
  'releaseLeases',
] as const satisfies readonly Exclude<keyof LogStorage, 'identity' | 'commit' | 'close'>[];
type Questions = Pick<LogStorage, (typeof questions)[number]>;

/** The storage's answers; whatever it throws says that the log is unavailable, so that callers know what passes by itself. */
function createReads(storage: LogStorage): Questions & Pick<LogStorage, 'identity'> {
  type Ask = (...values: readonly unknown[]) => Promise<unknown>;
  const asking =
    (ask: Ask): Ask =>
    async (...values) => {
      try {
        return await ask(...values);
      } catch (error) {
        throw new LogUnavailableError(false, error as Error);
      }
    };
  const reads = Object.fromEntries(questions.map((question) => [question, asking(storage[question] as Ask)]));
  return { ...(reads as Questions), identity: storage.identity };
}
