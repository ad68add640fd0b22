import type { AppendRequest, CommitResult, LogStorage } from '@checkout/event-log';
import type { Storm, Strikes } from '../storm/faults.ts';
import type { Dice } from '../world/dice.ts';
import type { SimulatedProcess } from '../world/simulated-process.ts';
import type { Trace } from '../world/trace.ts';

/** A database as its server has it: it outlives the processes that use it. */
export type SimulatedDatabase = {
  readonly storage: LogStorage;
  /** Tells all who watch that something was recorded. */
  readonly announce: (partitions: readonly number[]) => void;
  /** Virtual milliseconds until which it takes no writes. */
  readonly readOnlyUntil: () => number;
};

export type SimulatedStorageDeps = {
  readonly database: SimulatedDatabase;
  readonly process: SimulatedProcess;
  readonly storm: () => Storm;
  readonly dice: Dice;
  readonly strikes: Strikes;
  readonly trace: Trace;
  readonly elapsed: () => number;
  /** May end the process at this point, and says whether it did. */
  readonly failpoint: (name: string) => boolean;
};

const never = <Value>() => new Promise<Value>(() => {});

/** So many calls are answered within the same step: a pooled connection on the same machine. */
const instant = 0.5;

/**
 * One process's connections to a database that may be slow, away, read-only, or silent about what it committed. The data
 * itself is kept by the storage's in-memory twin, which passes the same contract as the real adapters.
 */
export function createSimulatedStorage(deps: SimulatedStorageDeps): LogStorage {
  const { database, process, storm, dice, strikes, trace, elapsed, failpoint } = deps;
  const { storage } = database;
  const latencyMs = () => dice.next() * storm().storageLatencyMs;
  const isInstant = () => storm().storageLatencyMs === 0 || dice.chance(instant);

  const read = <Value>(ask: () => Promise<Value>): Promise<Value> => {
    if (!process.isAlive()) return never();
    if (dice.chance(storm().readFails)) {
      strikes.count('readFails');
      return process.receive(Promise.reject(new Error('simulated: the database does not answer')), latencyMs);
    }
    return isInstant() ? ask() : process.receive(ask(), latencyMs);
  };

  const apply = async (requests: readonly AppendRequest[]): Promise<CommitResult> => {
    const result = await storage.commit(requests);
    if (result.kind === 'committed') {
      const rows = result.results.flatMap(({ outcomes }) =>
        outcomes.flatMap((outcome) => (outcome.kind === 'appended' ? outcome.rows : [])),
      );
      for (const row of rows) {
        trace.note(process.name, `recorded ${row.type} ${row.partition}/${row.position} v${row.version}`, row.streamId);
      }
      if (rows.length > 0) database.announce([...new Set(rows.map((row) => row.partition))]);
    }
    return result;
  };

  const rolledBack = (message: string): CommitResult => ({
    kind: 'rolled-back',
    error: new Error(`simulated: ${message}`),
    retryable: true,
  });

  const commit = async (requests: readonly AppendRequest[]): Promise<CommitResult> => {
    if (!process.isAlive()) return never();
    // The way to the server.
    if (!isInstant()) await process.receive(Promise.resolve(), latencyMs);
    if (failpoint('before commit')) return never();
    if (database.readOnlyUntil() > elapsed()) {
      strikes.count('readOnlyEveryMs');
      return process.receive(Promise.resolve(rolledBack('read-only')), latencyMs);
    }
    if (dice.chance(storm().commitRollsBack)) {
      strikes.count('commitRollsBack');
      return process.receive(Promise.resolve(rolledBack('deadlock')), latencyMs);
    }
    if (dice.chance(storm().commitAnswerLost)) {
      strikes.count('commitAnswerLost');
      const committed = dice.chance(0.5);
      if (committed) await apply(requests);
      trace.note(process.name, `lost the answer to a commit that was ${committed ? 'made' : 'rolled back'}`);
      const unknown: CommitResult = { kind: 'unknown', error: new Error('simulated: connection lost at COMMIT') };
      return process.receive(Promise.resolve(unknown), latencyMs);
    }
    const result = await apply(requests);
    if (failpoint('committed, before the reply')) return never();
    return isInstant() ? result : process.receive(Promise.resolve(result), latencyMs);
  };

  return {
    identity: storage.identity,
    commit,
    readStream: (...of) => read(() => storage.readStream(...of)),
    readStreams: (...of) => read(() => storage.readStreams(...of)),
    readPartition: (...of) => read(() => storage.readPartition(...of)),
    heads: () => read(() => storage.heads()),
    inquire: (...of) => read(() => storage.inquire(...of)),
    key: (...of) => read(() => storage.key(...of)),
    offsets: (...of) => read(() => storage.offsets(...of)),
    offsetLogs: (...of) => read(() => storage.offsetLogs(...of)),
    readModel: (...of) => read(() => storage.readModel(...of)),
    listReadModel: (...of) => read(() => storage.listReadModel(...of)),
    countReadModel: (...of) => read(() => storage.countReadModel(...of)),
    dueTimers: (...of) => read(() => storage.dueTimers(...of)),
    nextTimerInMs: () => read(() => storage.nextTimerInMs()),
    deadLetters: (...of) => read(() => storage.deadLetters(...of)),
    redrivingOrders: (...of) => read(() => storage.redrivingOrders(...of)),
    ping: () => read(() => storage.ping()),
    purgeKeys: (...of) => read(() => storage.purgeKeys(...of)),
    markRedriving: (...of) => read(() => storage.markRedriving(...of)),
    takeLeases: (...of) => read(() => storage.takeLeases(...of)),
    moveCursors: (...of) => read(() => storage.moveCursors(...of)),
    releaseLeases: (...of) => read(() => storage.releaseLeases(...of)),
    close: async () => {},
  };
}
