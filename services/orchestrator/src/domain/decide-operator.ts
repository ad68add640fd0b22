import type { Failure } from '@checkout/contracts';
import type { Decided } from '@checkout/event-log';
import { domainError, err, ok } from '@checkout/kernel';
import { advance, compensate, type SagaDecision, undoOf } from './saga-moves.ts';
import type { UndoCommand } from './saga-definition.ts';
import type { OperatorNote, SagaEvent } from './saga-events.ts';
import {
  type ActiveSaga,
  currentStep,
  definitionOf,
  isActive,
  type Saga,
  type Stuck,
  type Undoing,
} from './saga-state.ts';

export type OperatorAction = 'retry' | 'mark-undone' | 'mark-done';

/**
 * What an operator may do about a saga that is stuck, or that waits for what may never come. Every action is an event with
 * an actor and a reason.
 */
export function decideOperator(saga: Saga, action: OperatorAction, note: OperatorNote, orderId: string): SagaDecision {
  if (!isActive(saga)) return err(domainError('saga-not-found', 'There is no saga for this order.'));
  const stuck = unsettled(saga);
  if (stuck === undefined) {
    return err(domainError('saga-not-stuck', 'The saga does not wait for an operator: nothing has to be settled.'));
  }
  switch (action) {
    case 'retry':
      return ok([advance(saga, { type: 'OperatorRetried', data: { ...note, attempt: saga.attempt + 1 } }, orderId)]);
    case 'mark-done':
      return markDone(saga, stuck, note, orderId);
    case 'mark-undone':
      return ok([
        stuck.at === 'undo'
          ? markUndone(saga, stuck.undoing, note, orderId)
          : giveUpStep(saga, stuck.reason, note, orderId),
      ]);
  }
}

/** What the saga is stuck on, or a step that waits for an answer that may never come. */
function unsettled(saga: ActiveSaga): Stuck | undefined {
  if (saga.phase.status === 'NEEDS_OPERATOR') return saga.phase.stuck;
  const mayWaitForEver = saga.phase.status === 'RUNNING' && currentStep(saga).givenUpAs !== undefined;
  return mayWaitForEver ? { at: 'step', reason: 'An operator has given up waiting for it.' } : undefined;
}

function markDone(saga: ActiveSaga, stuck: Stuck, note: OperatorNote, orderId: string): SagaDecision {
  if (stuck.at === 'undo') {
    const detail = 'A compensation is stuck, not a step: retry it, or mark it undone.';
    return err(domainError('action-not-applicable', detail));
  }
  const step = currentStep(saga);
  const next = definitionOf(saga.definitionVersion).steps[saga.stepIndex + 1]?.name ?? null;
  const told = step.onDone ?? null;
  const event: SagaEvent = { type: 'OperatorCompletedStep', data: { ...note, step: step.name, next, told } };
  return ok([advance(saga, event, orderId, told === null || next === null ? [] : [{ type: told, data: {} }])]);
}

/** Without an external reference the provider is asked: our word alone does not make money come back. */
function markUndone(saga: ActiveSaga, undoing: Undoing, note: OperatorNote, orderId: string): Decided<SagaEvent> {
  if (note.externalReference !== undefined) return settledExternally(saga, undoing.remaining.slice(1), note, orderId);
  return advance(saga, { type: 'OperatorClaimedUndone', data: { ...note, attempt: saga.attempt + 1 } }, orderId);
}

/** The step will not happen: what was done before it is undone. A reference says where the money went back already. */
function giveUpStep(saga: ActiveSaga, reason: string, note: OperatorNote, orderId: string): Decided<SagaEvent> {
  const step = currentStep(saga);
  const { code = 'shipment-rejected', undoOnly: undo = undoOf(saga, saga.stepIndex) } = step.givenUpAs ?? {};
  if (note.externalReference !== undefined) {
    return settledExternally(
      saga,
      undo.filter((command) => command !== 'ReleasePayment'),
      note,
      orderId,
    );
  }
  const failure: Failure = { code, step: step.name, detail: reason };
  return compensate(saga, { outcome: 'refused', failure, undo, note }, orderId);
}

/**
 * Nobody is asked about what was settled outside the platform; what else is to be undone, `undo`, still is: by an event that the
 * release before this one understands as well.
 */
function settledExternally(
  saga: ActiveSaga,
  undo: readonly UndoCommand[],
  note: OperatorNote,
  orderId: string,
): Decided<SagaEvent> {
  const step = currentStep(saga).name;
  const failure: Failure = {
    code: 'settled-externally',
    step,
    detail: `Settled outside the platform: ${note.externalReference}`,
  };
  if (undo.length === 0) return advance(saga, { type: 'SettledExternally', data: { ...note, failure } }, orderId);
  const data = { step, outcome: 'refused', failure, undo, end: 'FailOrder', note, isSettled: true } as const;
  return advance(saga, { type: 'CompensationStarted', data }, orderId);
}
