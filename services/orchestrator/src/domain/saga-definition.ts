import type { FailureCode, MessageData, MessageType } from '@checkout/contracts';

export type StepName =
  | 'assess-fraud'
  | 'authorize-payment'
  | 'request-shipment'
  | 'capture-payment'
  | 'dispatch-shipment'
  | 'await-delivery';

export type StepCommand = Extract<
  MessageType,
  'AssessFraud' | 'AuthorizePayment' | 'RequestShipment' | 'CapturePayment' | 'DispatchShipment' | 'AwaitDelivery'
>;

/** What undoes a step. Idempotent, and right also for a step of which nobody knows whether it happened. */
export const undoCommands = ['ReleasePayment', 'CancelShipment'] as const satisfies readonly MessageType[];
export type UndoCommand = (typeof undoCommands)[number];

/** What a participant that has several calls it in its `…Unavailable` replies. */
export type ProviderOperation = MessageData<'PaymentUnavailable' | 'ShipmentUnavailable'>['operation'];

export type OrderProgress = Extract<MessageType, 'MarkOrderPaid' | 'MarkOrderShipped' | 'CompleteOrder'>;

/** For good. `undoOnly` replaces the compensations that follow from the steps done so far. */
type RefusedForGood = {
  readonly means: 'refused';
  readonly code: FailureCode;
  readonly undoOnly?: readonly UndoCommand[];
};

/** What a reply means to the step that waits for it. */
export type ReplyMeaning =
  | { readonly means: 'done' }
  | RefusedForGood
  /** A person at the participant decides; the saga waits until the review deadline. */
  | { readonly means: 'waiting-review' }
  /** Not possible, and too late to undo by ourselves: an operator decides. */
  | { readonly means: 'needs-operator' }
  /** Not now; counts only for the try that it names. */
  | { readonly means: 'unavailable' };

/**
 * - `compensatable`: before the pivot; a cancel or a refusal undoes it.
 * - `pivot`: decides. Once its command is recorded, a cancel waits for the reply.
 * - `retriable`: after the pivot; tried until it is done.
 */
export type StepKind = 'compensatable' | 'pivot' | 'retriable';

export type StepDefinition = {
  readonly name: StepName;
  readonly kind: StepKind;
  readonly command: StepCommand;
  readonly replies: { readonly [Type in MessageType]?: ReplyMeaning };
  /** An `unavailable` of another operation answers an older question, and counts for nothing. */
  readonly operation?: ProviderOperation;
  /** Recorded before the step's command leaves. */
  readonly undo?: UndoCommand;
  /** What the order is told when the step is done. */
  readonly onDone?: OrderProgress;
  /**
   * The reply may never come, so an operator may settle the step while it waits: marked undone, it counts as refused like
   * this. Any other step is settled only when it is stuck.
   */
  readonly givenUpAs?: RefusedForGood;
  /** How long silence is normal, milliseconds: the command goes out again after `baseMs`, doubling up to `capMs`. */
  readonly silence: { readonly baseMs: number; readonly capMs: number };
};

export type SagaDefinition = { readonly version: number; readonly steps: readonly StepDefinition[] };

export type UndoDefinition = {
  readonly operation: ProviderOperation;
  readonly replies: { readonly [Type in MessageType]?: 'done' | 'unavailable' };
};
