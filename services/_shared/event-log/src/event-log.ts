import type { Clock } from '@checkout/kernel';
import type { OrderId } from '@checkout/kernel';
import { createGroupCommit, type GroupCommit } from './group-commit.ts';
import { createLogTail } from './log-tail.ts';
import type { LogRow } from './rows.ts';
import type { LogReads, LogStorage } from './storage.port.ts';
import type { AppendResult, DeadLetter } from './units.ts';

/** Just-committed rows of this process, in position order within each partition. A hint: other processes commit too. */
export type AppendListener = (rows: readonly LogRow[]) => void;

/**
 * A service's event log. An append that resolved is durable: it survives `kill -9` at that instant. At least once for
 * readers, in commit order within a partition.
 */
export type EventLog = LogReads &
  GroupCommit & {
    markRedriving(orderId: OrderId): Promise<readonly DeadLetter[]>;
    purgeKeys(createdBefore: number, limit: number): Promise<number>;
    /** Returns the function that takes the listener off again. */
    onAppend(listener: AppendListener): () => void;
    /** Waits for what is queued, then closes the database. */
    close(): Promise<void>;
  };

export type EventLogDeps = { readonly storage: LogStorage; readonly clock: Clock; readonly writers?: number };

export function createEventLog({ storage, clock, writers = 1 }: EventLogDeps): EventLog {
  const tail = createLogTail(storage.identity.partitions);
  const listeners = new Set<AppendListener>();

  const announce = (results: readonly AppendResult[]) => {
    const rows = results.flatMap((result) =>
      result.outcomes.flatMap((outcome) => (outcome.kind === 'appended' ? outcome.rows : [])),
    );
    if (rows.length === 0) return;
    tail.push(rows);
    for (const listener of listeners) listener(rows);
  };

  const groupCommit = createGroupCommit({
    clock,
    writers,
    commit: async (requests) => {
      const result = await storage.commit(requests);
      if (result.kind === 'committed') announce(result.results);
      return result;
    },
  });

  const { commit: _commit, ...reads } = storage;
  return {
    ...reads,
    ...groupCommit,
    readPartition: (partition, fromPosition, limit) => {
      const rows = tail.read(partition, fromPosition, limit);
      return rows === undefined ? storage.readPartition(partition, fromPosition, limit) : Promise.resolve(rows);
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
