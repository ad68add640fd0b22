import { backoffMs, canonicalJson, type Clock, type OrderId, UnavailableError } from '@checkout/kernel';
import type { LogRow } from './rows.ts';
import type { CommitResult } from './storage.port.ts';
import type { AppendRequest, AppendResult, AppendUnit, UnitOutcome } from './units.ts';

/** Units in one transaction: past this, a longer transaction makes everybody wait and saves nothing. */
const maxUnitsPerCommit = 200;
/** Tries of one transaction before its requests are told that the log is unavailable. */
const maxTries = 6;
const retryBaseMs = 40;
const retryCapMs = 1_000;
/**
 * Requests from outside are shed past these; the platform's own work waits. Age alone says nothing as long as the next commit
 * takes all that waits: a database that pauses is behind by one commit, and to refuse would cost a sale and help nobody. One that
 * stands for longer is told to callers before they lose patience.
 */
const maxQueuedUnits = 2_000;
const maxBacklogAgeMs = 200;
const maxPauseMs = 2_000;

/**
 * The log could not record a request, or did not answer a question. `outcomeUnknown` is true when the transaction may have
 * been committed: only the same unit appended again tells.
 */
export class LogUnavailableError extends UnavailableError {
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
  /** Hears what a transaction recorded before its callers do. Must not throw. */
  readonly announce?: (results: readonly AppendResult[]) => void;
};

/**
 * Gathers requests while a commit is in flight and writes them together, so that the cost of a durable commit is shared by
 * all that wait for one. No timer when idle: a lone request is committed at the end of the turn that brought it.
 */
export function createGroupCommit({ clock, commit, writers, announce }: GroupCommitDeps): GroupCommit {
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
    // A turn before every commit: what the input brings meanwhile joins it, and a queue that refills itself (each answer
    // brings the next request) does not keep the process from its sockets and timers.
    for (await clock.nextTurn(); queue.length > 0; await clock.nextTurn()) await commitBatch(take());
  };

  const commitBatch = async (batch: readonly Waiting[], mayBeRecorded = false): Promise<void> => {
    const requests = batch.map((waiting) => waiting.request);
    const answer = await commitWithRetry(requests, mayBeRecorded);
    if (answer.ok) {
      announce?.(answer.results);
      batch.forEach((waiting, index) => waiting.resolve(answer.results[index] as AppendResult));
      return;
    }
    // Something in the batch cannot be written at all: one by one, so that only the culprit hears of it.
    if (batch.length > 1 && !answer.retryable) {
      for (const waiting of batch) await commitBatch([waiting], answer.outcomeUnknown);
      return;
    }
    for (const waiting of batch) waiting.reject(new LogUnavailableError(answer.outcomeUnknown, answer.error));
  };

  const commitWithRetry = async (requests: readonly AppendRequest[], mayBeRecorded: boolean) => {
    const jitterSeed = requests[0]?.units[0]?.cause.id ?? '';
    let outcomeUnknown = mayBeRecorded;
    for (let attempt = 1; ; attempt += 1) {
      const result = await commitOnce(requests);
      if (result.kind === 'committed') {
        const results = outcomeUnknown ? claimOwnRows(requests, result.results) : result.results;
        return { ok: true as const, results };
      }
      // After an unknown commit the same requests are appended again: their check under the lock finds the first try.
      outcomeUnknown ||= result.kind === 'unknown';
      const retryable = result.kind === 'unknown' || result.retryable;
      if (!retryable || attempt === maxTries) {
        return { ok: false as const, retryable, outcomeUnknown, error: result.error };
      }
      await clock.sleep(backoffMs(attempt, retryBaseMs, retryCapMs, jitterSeed));
    }
  };

  /** A storage that throws breaks its contract; what it did before is unknown, and the callers must hear something. */
  const commitOnce = async (requests: readonly AppendRequest[]): Promise<CommitResult> => {
    try {
      return await commit(requests);
    } catch (error) {
      return { kind: 'unknown', error: error as Error };
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
      const [oldest] = queue;
      if (oldest === undefined) return false;
      const ageMs = clock.monotonic() - oldest.queuedAt;
      const isBacklog = queuedUnits > maxUnitsPerCommit;
      return queuedUnits > maxQueuedUnits || ageMs > (isBacklog ? maxBacklogAgeMs : maxPauseMs);
    },
    drain: () =>
      queue.length === 0 && busyWriters === 0 ? Promise.resolve() : new Promise((resolve) => drained.push(resolve)),
  };
}

/**
 * What a lost first try recorded comes back as a duplicate. It is the unit's own when it stands where the unit puts it, says
 * what the unit says, and nothing of its streams was set aside before it: the try would have set it aside as well. Of several
 * units that could claim a row the first has it, as in the lost try. Any other duplicate is somebody else's: a caller who took
 * it for its own would apply it to a state that it does not follow.
 * Offsets stay as they are answered: `stale` makes the consumer read them again, and so it finds its own move.
 */
function claimOwnRows(requests: readonly AppendRequest[], results: readonly AppendResult[]): readonly AppendResult[] {
  const claimed = new Set<string>();
  const setAside = new Set<OrderId>();
  const isOwn = (unit: AppendUnit, rows: readonly LogRow[]) =>
    !unit.streams.some(({ streamId }) => setAside.has(streamId)) &&
    !rows.some((row) => claimed.has(placeOf(row))) &&
    records(unit, rows);
  const claim = (unit: AppendUnit, outcome: UnitOutcome): UnitOutcome => {
    if (outcome.kind === 'appended') return outcome;
    if (outcome.kind === 'duplicate' && isOwn(unit, outcome.rows)) {
      for (const row of outcome.rows) claimed.add(placeOf(row));
      return { kind: 'appended', rows: outcome.rows };
    }
    for (const { streamId } of unit.streams) setAside.add(streamId);
    return outcome;
  };
  return results.map((result, request) => ({
    ...result,
    outcomes: result.outcomes.map((outcome, index) => claim(requests[request]?.units[index] as AppendUnit, outcome)),
  }));
}

function placeOf({ partition, position }: LogRow): string {
  return `${partition}/${position}`;
}

/** Whether these rows are exactly what the unit records when it fits. */
function records({ cause, streams }: AppendUnit, rows: readonly LogRow[]): boolean {
  const expected = streams.flatMap(({ streamId, expectedVersion, events }) =>
    events.map(({ type, data, emits = [], timer }, index) => {
      const version = expectedVersion + index + 1;
      return { streamId, version, type, data, emits, timer, correlationId: cause.correlationId ?? streamId };
    }),
  );
  const recorded = rows.map(({ streamId, version, type, data, emits, timer, correlationId }) => {
    return { streamId, version, type, data, emits, timer, correlationId };
  });
  return canonicalJson(recorded) === canonicalJson(expected);
}
