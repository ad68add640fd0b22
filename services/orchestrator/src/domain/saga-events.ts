import type { MessageData } from '@checkout/contracts';
import type { Failure } from '@checkout/contracts';
import type { OrderProgress, StepName, UndoCommand } from './saga-definition.ts';
import type { UndoneEnd } from './saga-state.ts';

/** Who settled what an order was stuck on, and why. */
export type OperatorNote = { readonly actor: string; readonly reason: string; readonly externalReference?: string };

/** What the saga records: one row per input, with the commands that it sends. */
export type SagaEvent =
  | {
      readonly type: 'SagaStarted';
      readonly data: { readonly definitionVersion: number; readonly order: MessageData<'OrderCreated'> };
    }
  | { readonly type: 'ReviewAwaited'; readonly data: { readonly reason: string } }
  /** The step is done and the next one has begun; `next` is null after the last. */
  | {
      readonly type: 'StepCompleted';
      readonly data: { readonly step: StepName; readonly next: StepName | null; readonly told: OrderProgress | null };
    }
  | { readonly type: 'AttemptFailed'; readonly data: { readonly attempt: number; readonly reason: string } }
  | { readonly type: 'CommandRepeated'; readonly data: { readonly attempt: number } }
  | { readonly type: 'CancellationTaken'; readonly data: Record<string, never> }
  | { readonly type: 'CancellationTurnedDown'; readonly data: Record<string, never> }
  | {
      readonly type: 'CompensationStarted';
      readonly data: {
        readonly step: StepName;
        readonly outcome: 'refused' | 'open';
        readonly failure: Failure;
        readonly end: UndoneEnd;
        readonly undo: readonly UndoCommand[];
        /** Of the operator who gave the step up, when one did. */
        readonly note?: OperatorNote;
        /** What else had begun was settled outside the platform: it counts as undone. */
        readonly isSettled?: boolean;
      };
    }
  | {
      readonly type: 'CompensationDone';
      readonly data: { readonly undo: UndoCommand; readonly by: 'participant' | 'operator' };
    }
  | { readonly type: 'OperatorNeeded'; readonly data: { readonly reason: string } }
  | { readonly type: 'OperatorRetried'; readonly data: OperatorNote & { readonly attempt: number } }
  | { readonly type: 'OperatorClaimedUndone'; readonly data: OperatorNote & { readonly attempt: number } }
  | { readonly type: 'OperatorClaimRefused'; readonly data: { readonly reason: string } }
  /** What was stuck is settled outside, and nothing else was to be undone. */
  | { readonly type: 'SettledExternally'; readonly data: OperatorNote & { readonly failure: Failure } }
  | {
      readonly type: 'OperatorCompletedStep';
      readonly data: OperatorNote & {
        readonly step: StepName;
        readonly next: StepName | null;
        readonly told: OrderProgress | null;
      };
    }
  /** Something that cannot be right and changes nothing: it alerts. */
  | { readonly type: 'AnomalyNoted'; readonly data: { readonly code: string; readonly message: string } }
  | { readonly type: 'SagaClosed'; readonly data: Record<string, never> };
