import type { CauseId, OrderId } from '@checkout/kernel';
import type { Cause, LogRow, NewEvent } from './rows.ts';

export type ColumnValue = string | number | null;

/** What a service shows of a stream: its view as JSON, and the columns that its lists filter by. */
export type ReadModel = {
  readonly view: unknown;
  readonly columns: Readonly<Record<string, ColumnValue>>;
};

/**
 * Events for one stream, decided on the state at `expectedVersion`, and the read-model row that follows from them. Without
 * events it only guards: the unit fits as long as the stream is at that version, and nothing of the stream is written.
 */
export type StreamAppend = {
  readonly streamId: OrderId;
  readonly expectedVersion: number;
  readonly events: readonly NewEvent[];
  readonly readModel: ReadModel;
};

/** The claim of an idempotency key by the unit that answers it. `keyHash` covers caller, route and key. */
export type KeyClaim = { readonly keyHash: string; readonly commandHash: string; readonly streamId: OrderId };

export type KeyRecord = KeyClaim & { readonly createdAt: number };

/**
 * - `parked`: its own handling failed. `held`: it waits behind a parked one of its order.
 * - `redriving`: an operator asked to try again.
 */
export type DeadLetterState = 'parked' | 'held' | 'redriving';

/** A message taken out of the flow, or behind one that was. `orderId` is null when the message names no order. */
export type NewDeadLetter = {
  readonly group: string;
  readonly orderId: OrderId | null;
  readonly topic: string;
  readonly messageId: string;
  readonly type: string;
  /** The whole message, to be handled again as it came. */
  readonly message: unknown;
  readonly reason: string;
  readonly detail: string;
  readonly state: DeadLetterState;
};

export type DeadLetter = NewDeadLetter & {
  /** Order of arrival within the group. */
  readonly seq: number;
  readonly parkedAt: number;
};

/** A row taken off the dead letters because it has been handled, put back with a new reason, or told to wait again. */
export type DeadLetterChange =
  | { readonly group: string; readonly seq: number; readonly change: 'settled' }
  | { readonly group: string; readonly seq: number; readonly change: 'held' }
  | {
      readonly group: string;
      readonly seq: number;
      readonly change: 'parked';
      readonly reason: string;
      readonly detail: string;
    };

/**
 * The unit of append: all of it becomes durable, or none. It is made of values; no caller's code runs inside the
 * transaction. Whoever appends it leaves its values alone from then on: readers in this process may get the same objects.
 */
export type AppendUnit = {
  readonly cause: Cause;
  /** May be empty: a message that is parked touches no stream. */
  readonly streams: readonly StreamAppend[];
  readonly key?: KeyClaim;
  readonly deadLetters?: readonly NewDeadLetter[];
  readonly deadLetterChanges?: readonly DeadLetterChange[];
};

/** Moves a consumer group's offset in a producer's partition; guarded by the value that was read. */
export type OffsetMove = {
  readonly group: string;
  /** Identity of the producer's log: an offset in another log means nothing. */
  readonly logId: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
};

/**
 * Units that were decided together. Each is atomic by itself; the offsets move only in a transaction in which every unit
 * of the request is recorded. Units that were decided on each other's outcome belong into one request: only there does the
 * one that does not fit take those that follow from it along.
 */
export type AppendRequest = { readonly units: readonly AppendUnit[]; readonly offsets?: readonly OffsetMove[] };

export type UnitOutcome =
  | { readonly kind: 'appended'; readonly rows: readonly LogRow[] }
  /** The cause has acted already: these are the rows that it recorded then. Nothing was written now. */
  | { readonly kind: 'duplicate'; readonly rows: readonly LogRow[] }
  /** The stream moved on since the unit was decided, or an earlier unit of it was set aside: load and decide again. */
  | { readonly kind: 'conflict'; readonly streamId: OrderId }
  /** Another unit holds the idempotency key. */
  | { readonly kind: 'key-taken'; readonly record: KeyRecord };

export type AppendResult = {
  readonly outcomes: readonly UnitOutcome[];
  /**
   * `withheld`: some unit was set aside. `stale`: the offset is not where the request says, because another instance moved
   * it, or a lost first try of this request did: read it again.
   */
  readonly offsets: 'moved' | 'withheld' | 'stale' | 'none';
};

export type CauseKey = { readonly streamId: OrderId; readonly causeId: CauseId };
