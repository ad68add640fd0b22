export type { AnyEvent, Decided, Decider, Marker } from './decider.ts';
export { isMarker } from './decider.ts';
export { epochOf, latestEpoch } from './epochs.ts';
export type { AppendListener, EventLog } from './event-log.ts';
export { createEventLog } from './event-log.ts';
export type { Executed, NotExecuted } from './execute.ts';
export { execute } from './execute.ts';
export { LogNotReadyError, LogOpenError } from './log-open-error.ts';
export { createGroupCommit, LogUnavailableError } from './group-commit.ts';
export type { Cause, Emit, LogRow, NewEvent, TimerChange } from './rows.ts';
export { answerRepeatedType, maxStreamEvents, notedType } from './rows.ts';
export type {
  CommitResult,
  DueTimer,
  Findings,
  Inquiry,
  CursorMove,
  LeaseOwner,
  LogIdentity,
  LogReads,
  LogStorage,
  ReadModelQuery,
  ReadModelRow,
  ReadModelTable,
  StreamTimer,
} from './storage.port.ts';
export type { Loaded, StreamDefinition, Streams } from './streams.ts';
export { createStreams, refuseLongStream, StreamTooLongError } from './streams.ts';
export type { TimerLoop } from './timers.ts';
export { causeOfTimer, createTimerLoop } from './timers.ts';
export type {
  AppendRequest,
  AppendResult,
  AppendUnit,
  CauseKey,
  ColumnValue,
  DeadLetter,
  DeadLetterChange,
  DeadLetterState,
  NewDeadLetter,
  OffsetMove,
  ReadModel,
  UnitOutcome,
} from './units.ts';
export type { LogProblem, LogVerification } from './verify.ts';
export { verifyLog } from './verify.ts';
