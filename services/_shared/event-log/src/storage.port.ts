import type { OrderId } from '@checkout/kernel';
import type { LogRow } from './rows.ts';
import type { AppendRequest, AppendResult, CauseKey, ColumnValue, DeadLetter, KeyRecord } from './units.ts';

/** Fixed when the log is made; a start with other values is refused. */
export type LogIdentity = {
  /** A UUID made at install: an offset names the log that it belongs to. */
  readonly logId: string;
  readonly service: string;
  readonly partitions: number;
  /** The one that it was made in; part of every message id. */
  readonly epoch: number;
  /** Those that restores from backup have begun, oldest first. */
  readonly restores?: readonly LogEpoch[];
};

/** `from` is the first position of each partition that is of this epoch. */
export type LogEpoch = { readonly epoch: number; readonly from: readonly number[] };

/** The table of a service's read model. The log manages id, version, times and the timer; these columns are the service's. */
export type ReadModelTable = {
  readonly name: string;
  /** Columns that lists filter by, each with an index together with the id. */
  readonly columns: Readonly<Record<string, 'text' | 'integer'>>;
};

export type ReadModelRow = {
  readonly streamId: OrderId;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly view: unknown;
  readonly columns: Readonly<Record<string, ColumnValue>>;
  readonly timer: StreamTimer | null;
};

/** A stream's timer. `setByVersion` is the version of the row that set it: part of the cause when it fires. */
export type StreamTimer = { readonly kind: string; readonly dueAt: number; readonly setByVersion: number };

export type DueTimer = StreamTimer & { readonly streamId: OrderId };

/** Newest first, unless it says otherwise: ids are UUIDv7, so descending id is descending time. */
export type ReadModelQuery = {
  /** Column = value. */
  readonly equals?: Readonly<Record<string, ColumnValue>>;
  /** Only rows created at or after this instant, Unix milliseconds. */
  readonly createdFrom?: number;
  /** Only rows whose id is below this one: the keyset cursor. */
  readonly beforeId?: OrderId;
  readonly oldestFirst?: boolean;
  /** At most this many rows. */
  readonly limit: number;
};

/** What is asked before a batch is decided on. */
export type Inquiry = {
  /** Whose rows are wanted. */
  readonly streamIds: readonly OrderId[];
  /** Have they acted? The rows of a stream that is asked for tell of its causes as well. */
  readonly causes: readonly CauseKey[];
  /** Do their messages wait behind a dead letter? */
  readonly places: readonly PlaceInLine[];
};

/** An order's messages to one group: what comes behind a dead letter of theirs waits. */
export type PlaceInLine = { readonly group: string; readonly orderId: OrderId };

/** Answers what was asked, and nothing else. */
export type Findings = {
  /** All rows of a stream, in order; none when it does not exist. */
  readonly rows: (streamId: OrderId) => readonly LogRow[];
  readonly hasActed: (cause: CauseKey) => boolean;
  readonly isHeld: (place: PlaceInLine) => boolean;
};

/**
 * What became of a transaction. `unknown`: the connection died at or after COMMIT; only appending the same request again
 * tells, because its check runs under the lock.
 */
export type CommitResult =
  | { readonly kind: 'committed'; readonly results: readonly AppendResult[] }
  | { readonly kind: 'rolled-back'; readonly error: Error; readonly retryable: boolean }
  | { readonly kind: 'unknown'; readonly error: Error };

/** Who publishes. An owner is one process; a consumer, what it publishes to. */
export type LeaseOwner = { readonly consumer: string; readonly owner: string };
/** How far a partition has been published: positions of rows. */
export type CursorMove = { readonly partition: number; readonly from: number; readonly to: number };

/**
 * The database behind a log. An adapter passes the contract suite in `./testing`.
 *
 * Guarantees: `committed` is durable; readers see positions without gaps, in commit order; causes, versions, keys and
 * offsets are checked under the lock of the partitions that the requests touch.
 */
export type LogStorage = LogReads & {
  /** Commits all requests in one transaction. Units that do not fit are set aside and never fail their neighbours. */
  commit(requests: readonly AppendRequest[]): Promise<CommitResult>;
  /** Forgets keys created before this instant, at most `limit`; returns how many. */
  purgeKeys(createdBefore: number, limit: number): Promise<number>;
  /** Marks all dead letters of an order for redrive; returns them. */
  markRedriving(orderId: OrderId): Promise<readonly DeadLetter[]>;
  /**
   * Takes the leases of partitions, or renews the owner's own, until `ttlMs` from now by the database's clock. Answers with
   * the position of the cursor of each that it has then; the others are missing, while another owner's lease lasts.
   */
  takeLeases(
    of: LeaseOwner & { readonly partitions: readonly number[] },
    ttlMs: number,
  ): Promise<ReadonlyMap<number, number>>;
  /**
   * Moves an owner's cursors, each from one position to another. Answers with the partitions whose cursor is there now. The
   * others stay where they are: somebody else has taken the lease meanwhile, or the cursor is not where the owner thinks, so that
   * an owner that was stopped for a while moves none back.
   */
  moveCursors(of: LeaseOwner, moves: readonly CursorMove[]): Promise<ReadonlySet<number>>;
  /** Ends all leases of an owner early, so that the next one needs not wait for them. */
  releaseLeases(of: LeaseOwner): Promise<void>;
  close(): Promise<void>;
};

/** What may be asked of a log; never a transaction, never a lock. */
export type LogReads = {
  readonly identity: LogIdentity;
  readStream(streamId: OrderId, afterVersion?: number): Promise<readonly LogRow[]>;
  /** Of each stream the rows behind `afterVersion`, all when it is left out. */
  readStreams(streamIds: readonly OrderId[], afterVersion?: number): Promise<ReadonlyMap<OrderId, readonly LogRow[]>>;
  /** Rows of one partition with a position of `fromPosition` or more, in order. */
  readPartition(partition: number, fromPosition: number, limit: number): Promise<readonly LogRow[]>;
  /** The last position of each partition; 0 when it is empty. */
  heads(): Promise<readonly number[]>;
  /** Everything that a batch is decided on, in one round trip. */
  inquire(inquiry: Inquiry): Promise<Findings>;
  key(keyHash: string): Promise<KeyRecord | undefined>;
  /** A group's offsets in a producer's log: partition to last position looked at. */
  offsets(group: string, logId: string): Promise<ReadonlyMap<number, number>>;
  /** Producers' logs in which the group has offsets. */
  offsetLogs(group: string): Promise<readonly string[]>;

  readModel(streamId: OrderId): Promise<ReadModelRow | undefined>;
  listReadModel(query: ReadModelQuery): Promise<readonly ReadModelRow[]>;
  countReadModel(column: string): Promise<ReadonlyMap<ColumnValue, number>>;
  /** Timers that are due by the database's clock, the longest due first. */
  dueTimers(limit: number): Promise<readonly DueTimer[]>;
  /** Milliseconds until the next timer is due, by the database's clock; `undefined` when none is set. */
  nextTimerInMs(): Promise<number | undefined>;

  deadLetters(query: {
    readonly afterSeq: number;
    readonly limit: number;
    readonly orderId?: OrderId;
  }): Promise<readonly DeadLetter[]>;
  /**
   * Orders that the group has to handle dead letters of: those with a row in state `redriving`, and those of which all rows
   * are `held`, since what they waited for is gone. A message may be held by one process while another settles the last one.
   */
  redrivingOrders(group: string, limit: number): Promise<readonly OrderId[]>;

  /** The log answers: a cheap read. @throws when it does not. */
  ping(): Promise<void>;
};
