import type { CauseId, OrderId } from '@checkout/kernel';

/** A message that a row sends beside its own event. */
export type Emit = { readonly type: string; readonly data: unknown };

/**
 * What a row does to its stream's one timer: sets it (due `afterMs` after the row was recorded, by the database's clock)
 * or clears it (`null`). A row without it leaves the timer as it is.
 */
export type TimerChange = { readonly kind: string; readonly afterMs: number } | null;

/** An event that has been decided and not yet recorded. */
export type NewEvent = {
  readonly type: string;
  readonly data: unknown;
  readonly emits?: readonly Emit[];
  readonly timer?: TimerChange;
};

/** Why a unit happens. The same cause never acts twice on one stream. */
export type Cause = {
  readonly id: CauseId;
  /** The request that began it all. Absent for work that no request or message brought: it goes on in its stream's. */
  readonly correlationId?: string | undefined;
  readonly traceparent?: string | undefined;
};

/**
 * A row of the log. Within its partition `position` is gap-free from 1 and its order is commit order; within its stream
 * `version` is gap-free from 1.
 */
export type LogRow = {
  readonly partition: number;
  readonly position: number;
  readonly streamId: OrderId;
  readonly version: number;
  readonly type: string;
  readonly data: unknown;
  readonly emits: readonly Emit[];
  readonly timer?: TimerChange;
  readonly causeId: CauseId;
  readonly causeIndex: number;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  /** Unix milliseconds by the database's clock. */
  readonly recordedAt: number;
};

/** Recorded when a handled message changes nothing, so that the inbox is complete. Evolves no state. */
export const notedType = 'Noted' as const;

/** Recorded when a new message asks for what is already answered; emits the answer again. Evolves no state. */
export const answerRepeatedType = 'AnswerRepeated' as const;

/** A stream is bounded: past this many events something is wrong, and a person should look. */
export const maxStreamEvents = 500;
