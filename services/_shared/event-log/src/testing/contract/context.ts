import { expect } from 'vitest';
import type { LogRow } from '../../rows.ts';
import type { Inquiry, LogStorage } from '../../storage.port.ts';
import type { AppendRequest, AppendResult, AppendUnit, UnitOutcome } from '../../units.ts';
import { testIdentity } from '../units.builder.ts';

/** The database's clock, as far as a test may turn it. */
export type DatabaseClock = {
  /** Unix milliseconds. */
  now(): number;
  /** Lets time pass: moves a clock that the test owns, waits on a server that has its own. */
  advance(ms: number): Promise<void>;
};

/** How the contract suite comes by the adapter under test. */
export type LogStorageSubject = {
  /** A new, empty log with `testIdentity` and `testTable`. The suite closes it. */
  open(): Promise<LogStorage>;
  /**
   * Opens the log that `open` made last once more, as another process would. Absent where nothing is shared and nothing
   * outlives the first.
   */
  openAgain?(): Promise<LogStorage>;
  readonly clock: DatabaseClock;
  /** Random sequences of transactions to try, each on a new log; fewer where a new log takes long to make. */
  readonly sequences?: number;
};

/** What a part of the suite works with: the log of the running test. */
export type ContractContext = {
  readonly storage: () => LogStorage;
  /** The same log once more, or the log itself where the adapter knows only one. The suite closes it. */
  readonly secondStorage: () => Promise<LogStorage>;
  readonly clock: DatabaseClock;
};

/** Asks for nothing; a test names what it asks for. */
export const nothingAsked: Inquiry = { streamIds: [], causes: [], places: [] };

/** Rollbacks that an adapter calls retryable; more in a row are a defect. */
const maxRollbacks = 50;

/** Commits requests in one transaction, and again while the adapter says that this may help. */
export async function commit(
  storage: LogStorage,
  ...requests: readonly AppendRequest[]
): Promise<readonly AppendResult[]> {
  for (let rollbacks = 0; rollbacks <= maxRollbacks; rollbacks += 1) {
    const result = await storage.commit(requests);
    if (result.kind === 'committed') return result.results;
    if (result.kind === 'unknown' || !result.retryable) throw result.error;
  }
  throw new Error(`rolled back ${maxRollbacks} times`);
}

/** Appends units as one request. */
export async function append(storage: LogStorage, ...units: readonly AppendUnit[]): Promise<readonly UnitOutcome[]> {
  const [result] = await commit(storage, { units });
  return result?.outcomes ?? [];
}

/** Appends units, each of which must fit. */
export async function given(storage: LogStorage, ...units: readonly AppendUnit[]): Promise<readonly LogRow[]> {
  const outcomes = await append(storage, ...units);
  expect(kindsOf(outcomes)).toEqual(units.map(() => 'appended'));
  return outcomes.flatMap((outcome) => rowsOf(outcome));
}

export const kindsOf = (outcomes: readonly UnitOutcome[]) => outcomes.map((outcome) => outcome.kind);

export const rowsOf = (outcome: UnitOutcome | undefined): readonly LogRow[] =>
  outcome?.kind === 'appended' || outcome?.kind === 'duplicate' ? outcome.rows : [];

const allRows = 10_000;

export async function rowsOfPartitions(storage: LogStorage): Promise<readonly (readonly LogRow[])[]> {
  const partitions = Array.from({ length: testIdentity.partitions }, (_, partition) => partition);
  return Promise.all(partitions.map((partition) => storage.readPartition(partition, 1, allRows)));
}

/** Everything that a reader can see, to show that something changed nothing. Groups and keys as the tests name them. */
export async function everythingIn(storage: LogStorage) {
  const [heads, rows, readModels, deadLetters, key, offsets] = await Promise.all([
    storage.heads(),
    rowsOfPartitions(storage),
    storage.listReadModel({ limit: allRows }),
    storage.deadLetters({ afterSeq: 0, limit: allRows }),
    storage.key('key-1'),
    storage.offsets('payment', 'log-a'),
  ]);
  return { heads, rows, readModels, deadLetters, key, offsets: [...offsets].toSorted(([a], [b]) => a - b) };
}
