import { type AppendListener, type EventLog, type LogStorage, LogUnavailableError } from '@checkout/event-log';

/**
 * The event log as it would be without group commit: every append is a transaction of its own, durable like any other, and
 * answered as soon as it is. The baseline of B1.
 *
 * @param log the production log over `storage`; it is asked for everything but appends
 */
export function commitEach(log: EventLog, storage: LogStorage): EventLog {
  const listeners = new Set<AppendListener>();
  return {
    ...log,
    // The production log keeps what its own appends wrote in memory; of these it never hears.
    readPartition: (partition, fromPosition, limit) => storage.readPartition(partition, fromPosition, limit),
    async append(request) {
      const commit = await storage.commit([request]);
      if (commit.kind !== 'committed') throw new LogUnavailableError(commit.kind === 'unknown', commit.error);
      const [result] = commit.results;
      if (result === undefined) throw new Error('a committed request has no result');
      const rows = result.outcomes.flatMap((outcome) => (outcome.kind === 'appended' ? outcome.rows : []));
      if (rows.length > 0) for (const listener of listeners) queueMicrotask(() => listener(rows));
      return result;
    },
    overloaded: () => false,
    onAppend(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
