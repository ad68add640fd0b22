import type { Clock } from '@checkout/kernel';
import type { CommitResult } from './storage.port.ts';
import type { AppendRequest, AppendResult } from './units.ts';

/** Units in one transaction: past this, a longer transaction makes everybody wait and saves nothing. */
const maxUnitsPerCommit = 200;
/** Tries of one transaction before its requests are told that the log is unavailable. */
const maxTries = 6;
const retryBaseMs = 20;
const retryCapMs = 1_000;
/** Requests from outside are shed past these; the platform's own work waits. */
const maxQueuedUnits = 2_000;
const maxQueueAgeMs = 200;

/**
 * The log could not record a request. `outcomeUnknown` is true when the transaction may have been committed: only the
 * same unit appended again tells.
 */
export class LogUnavailableError extends Error {
  readonly outcomeUnknown: boolean;
  constructor(outcomeUnknown: boolean, cause: Error) {
    super(outcomeUnknown ? 'the log did not say whether it committed' : 'the log is unavailable', { cause });
    this.name = 'LogUnavailableError';
    this.outcomeUnknown = outcomeUnknown;
  }
}

export type GroupCommit = {
  /** Queues a request and resolves when it is durable or set aside. @throws LogUnavailableError */
  append(request: AppendRequest): Promise<AppendResult>;
  /** True while more work waits than the database takes: refuse new requests before doing anything for them. */
  overloaded(): boolean;
  /** Resolves when nothing is queued or in flight. */
  drain(): Promise<void>;
};

type Waiting = {
  readonly request: AppendRequest;
  readonly queuedAt: number;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: Error) => void;
};

export type GroupCommitDeps = {
  readonly clock: Clock;
  readonly commit: (requests: readonly AppendRequest[]) => Promise<CommitResult>;
  /** Transactions in flight at the same time. */
  readonly writers: number;
};

/**
 * Gathers requests while a commit is in flight and writes them together, so that the cost of a durable commit is shared by
 * all that wait for one. No timer when idle: a lone request is committed at the end of the turn that brought it.
 */
export function createGroupCommit({ clock, commit, writers }: GroupCommitDeps): GroupCommit {
  const queue: Waiting[] = [];
  let queuedUnits = 0;
  let busyWriters = 0;
  let drained: (() => void)[] = [];

  const weight = (waiting: Waiting) => Math.max(1, waiting.request.units.length);

  const take = (): Waiting[] => {
    const batch: Waiting[] = [];
    let units = 0;
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      if (batch.length > 0 && units + weight(next) > maxUnitsPerCommit) break;
      units += weight(next);
      batch.push(next);
      queue.shift();
    }
    queuedUnits -= units;
    return batch;
  };

  const write = async () => {
    await clock.nextTurn();
    while (queue.length > 0) await commitBatch(take());
  };

  const commitBatch = async (batch: readonly Waiting[]): Promise<void> => {
    const answer = await commitWithRetry(batch.map((waiting) => waiting.request));
    if (answer.ok) return batch.forEach((waiting, index) => waiting.resolve(answer.results[index] as AppendResult));
    // Something in the batch cannot be written at all: one by one, so that only the culprit hears of it.
    if (batch.length > 1 && !answer.retryable) {
      for (const waiting of batch) await commitBatch([waiting]);
      return;
    }
    for (const waiting of batch) waiting.reject(new LogUnavailableError(answer.outcomeUnknown, answer.error));
  };

  const commitWithRetry = async (requests: readonly AppendRequest[]) => {
    let outcomeUnknown = false;
    for (let attempt = 1; ; attempt += 1) {
      const result = await commit(requests);
      if (result.kind === 'committed') {
        const results = outcomeUnknown ? result.results.map(claimDuplicates) : result.results;
        return { ok: true as const, results };
      }
      // After an unknown commit the same requests are appended again: their check under the lock finds the first try.
      outcomeUnknown ||= result.kind === 'unknown';
      const retryable = result.kind === 'unknown' || result.retryable;
      if (!retryable || attempt === maxTries) {
        return { ok: false as const, retryable: retryable || outcomeUnknown, outcomeUnknown, error: result.error };
      }
      await clock.sleep(Math.min(retryCapMs, retryBaseMs * 2 ** attempt));
    }
  };

  const wake = () => {
    if (busyWriters >= writers) return;
    busyWriters += 1;
    void write()
      // `write` reports every failure to the requests that it concerns; nothing is left to throw but a defect.
      .catch((error: Error) => queue.splice(0).forEach((waiting) => waiting.reject(error)))
      .finally(() => {
        busyWriters -= 1;
        if (queue.length > 0) wake();
        else if (busyWriters === 0) {
          for (const done of drained) done();
          drained = [];
        }
      });
  };

  return {
    append: (request) =>
      new Promise((resolve, reject) => {
        const waiting = { request, queuedAt: clock.monotonic(), resolve, reject };
        queue.push(waiting);
        queuedUnits += weight(waiting);
        wake();
      }),
    overloaded: () => {
      const oldest = queue[0];
      return (
        oldest !== undefined && (queuedUnits > maxQueuedUnits || clock.monotonic() - oldest.queuedAt > maxQueueAgeMs)
      );
    },
    drain: () =>
      queue.length === 0 && busyWriters === 0 ? Promise.resolve() : new Promise((resolve) => drained.push(resolve)),
  };
}

/** A unit that the lost first try recorded is a duplicate now; it is still this caller's own. */
function claimDuplicates(result: AppendResult): AppendResult {
  return {
    outcomes: result.outcomes.map((outcome) =>
      outcome.kind === 'duplicate' ? { kind: 'appended', rows: outcome.rows } : outcome,
    ),
    offsets: result.offsets === 'stale' ? 'moved' : result.offsets,
  };
}
