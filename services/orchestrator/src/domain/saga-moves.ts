import type { Failure } from '@checkout/contracts';
import type { Decided } from '@checkout/event-log';
import type { DomainError, Result } from '@checkout/kernel';
import { evolveSaga } from './evolve-saga.ts';
import { silenceTimer, underWay } from './saga-commands.ts';
import type { StepName, UndoCommand } from './saga-definition.ts';
import type { OperatorNote, SagaEvent } from './saga-events.ts';
import { type ActiveSaga, currentStep, definitionOf, isActive, type Saga, type UndoneEnd } from './saga-state.ts';

export type SagaRefusal = DomainError<'saga-not-found' | 'saga-not-stuck' | 'action-not-applicable'>;
export type SagaDecision = Result<readonly Decided<SagaEvent>[], SagaRefusal>;

/** An event with the messages and the timer that the state after it asks for: a command never leaves before its record. */
export function advance(
  saga: Saga,
  event: SagaEvent,
  orderId: string,
  extra: Decided<SagaEvent>['emits'] = [],
): Decided<SagaEvent> {
  const next = evolveSaga(saga, event);
  if (!isActive(next)) return event;
  const messages = next.phase.status === 'CLOSING' ? [underWay(next, 1).at(-1)] : underWay(next, next.attempt);
  return {
    ...event,
    emits: [...extra, ...messages.filter((message) => message !== undefined)],
    timer: messages.length > 0 ? silenceTimer(next, next.attempt, orderId) : null,
  };
}

/** The compensations of the steps before `end`, in reverse, each command once. */
export function undoOf(saga: ActiveSaga, end: number): readonly UndoCommand[] {
  const begun = definitionOf(saga.definitionVersion).steps.slice(0, end).toReversed();
  return [...new Set(begun.flatMap((step) => (step.undo === undefined ? [] : [step.undo])))];
}

/** `refused`: the step did nothing, for good. `open`: nobody knows, so its own compensation runs as well. */
export type GivingUp = {
  readonly outcome: 'refused' | 'open';
  readonly failure: Failure;
  readonly undo: readonly UndoCommand[];
  readonly note?: OperatorNote;
};

/** Turns round. A cancellation that was taken before decides how the order ends, whatever else happened meanwhile. */
export function compensate(
  saga: ActiveSaga,
  why: GivingUp,
  orderId: string,
  extra: Decided<SagaEvent>['emits'] = [],
): Decided<SagaEvent> {
  const step = currentStep(saga).name;
  const end: UndoneEnd = saga.cancelRequested ? 'CancelOrder' : 'FailOrder';
  const failure = saga.cancelRequested ? cancelledAt(step) : why.failure;
  return advance(saga, { type: 'CompensationStarted', data: { step, ...why, failure, end } }, orderId, extra);
}

export function cancelledAt(step: StepName): Failure {
  return { code: 'customer-cancelled', step, detail: 'The customer cancelled the order.' };
}
