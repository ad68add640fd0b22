import type { Failure, MessageData } from '@checkout/contracts';
import { sagaDefinitions } from './checkout-saga.ts';
import type { OrderProgress, SagaDefinition, StepDefinition, StepName, UndoCommand } from './saga-definition.ts';

export type StepStatus = 'PENDING' | 'RUNNING' | 'DONE' | 'REFUSED' | 'UNDOING' | 'UNDONE' | 'FAILED';

export type StepState = { readonly name: StepName; readonly status: StepStatus; readonly attempts: number };

/** How an order that is undone ends. */
export type UndoneEnd = 'FailOrder' | 'CancelOrder';

/** What is being undone, why, and how the order ends. `remaining[0]` is under way. */
export type Undoing = {
  readonly remaining: readonly UndoCommand[];
  readonly failure: Failure;
  readonly end: UndoneEnd;
};

/** The last word to the order, sent until the order has answered it. */
export type Closing =
  | { readonly command: 'CompleteOrder' }
  | { readonly command: UndoneEnd; readonly failure: Failure };

/** What an operator settles: a compensation that keeps failing, or a step after the pivot that is refused or waits for ever. */
export type Stuck =
  | { readonly at: 'undo'; readonly undoing: Undoing }
  | { readonly at: 'step'; readonly reason: string };

export type SagaPhase =
  | { readonly status: 'RUNNING' }
  | { readonly status: 'WAITING_REVIEW' }
  | { readonly status: 'UNDOING'; readonly undoing: Undoing }
  | { readonly status: 'NEEDS_OPERATOR'; readonly stuck: Stuck }
  /** An operator says that it is undone; the provider is being asked. */
  | { readonly status: 'VERIFYING'; readonly undoing: Undoing }
  | { readonly status: 'CLOSING'; readonly closing: Closing }
  | { readonly status: 'CLOSED'; readonly closing: Closing };

export type ActiveSaga = {
  readonly phase: SagaPhase;
  readonly definitionVersion: number;
  readonly order: MessageData<'OrderCreated'>;
  /** Index of the step that the saga has come to. */
  readonly stepIndex: number;
  readonly steps: readonly StepState[];
  /** The number of the last try of what is under way: a step's command, a compensation, or the order commands. */
  readonly attempt: number;
  /** `unavailable` replies since what is under way began. */
  readonly failures: number;
  readonly cancelRequested: boolean;
  /** Order commands sent so far, in order; the last word is not among them. */
  readonly progress: readonly OrderProgress[];
};

export type Saga = { readonly phase: { readonly status: 'NONE' } } | ActiveSaga;

export type SagaState = 'RUNNING' | 'WAITING_REVIEW' | 'COMPENSATING' | 'COMPLETED' | 'COMPENSATED' | 'NEEDS_OPERATOR';

export const sagaStates: readonly SagaState[] = [
  'RUNNING',
  'WAITING_REVIEW',
  'COMPENSATING',
  'COMPLETED',
  'COMPENSATED',
  'NEEDS_OPERATOR',
];

export function isActive(saga: Saga): saga is ActiveSaga {
  return saga.phase.status !== 'NONE';
}

/** The state that the API shows. */
export function publicState({ phase }: ActiveSaga): SagaState {
  switch (phase.status) {
    case 'RUNNING':
    case 'WAITING_REVIEW':
    case 'NEEDS_OPERATOR':
      return phase.status;
    case 'UNDOING':
    case 'VERIFYING':
      return 'COMPENSATING';
    case 'CLOSING':
      return phase.closing.command === 'CompleteOrder' ? 'RUNNING' : 'COMPENSATING';
    case 'CLOSED':
      return phase.closing.command === 'CompleteOrder' ? 'COMPLETED' : 'COMPENSATED';
  }
}

export function failureOf({ phase }: ActiveSaga): Failure | undefined {
  switch (phase.status) {
    case 'UNDOING':
    case 'VERIFYING':
      return phase.undoing.failure;
    case 'CLOSING':
    case 'CLOSED':
      return phase.closing.command === 'CompleteOrder' ? undefined : phase.closing.failure;
    case 'NEEDS_OPERATOR':
      return phase.stuck.at === 'undo' ? phase.stuck.undoing.failure : undefined;
    case 'RUNNING':
    case 'WAITING_REVIEW':
      return undefined;
  }
}

/** @throws Error for a version that this build does not have: a newer release began the saga, so the partition waits. */
export function definitionOf(version: number): SagaDefinition {
  const definition = sagaDefinitions.find((candidate) => candidate.version === version);
  if (definition === undefined) throw new Error(`saga definition ${version} is unknown`);
  return definition;
}

export function currentStep(saga: ActiveSaga): StepDefinition {
  return definitionOf(saga.definitionVersion).steps[saga.stepIndex] as StepDefinition;
}
