import type { Failure, Message, MessageData } from '@checkout/contracts';
import type { Decided, Decider } from '@checkout/event-log';
import { assertNever, ok } from '@checkout/kernel';
import { currentDefinition, undoDefinitions } from './checkout-saga.ts';
import { decideOperator, type OperatorAction } from './decide-operator.ts';
import { evolveSaga } from './evolve-saga.ts';
import {
  advance,
  cancelledAt,
  compensate,
  type GivingUp,
  type SagaDecision,
  type SagaRefusal,
  undoOf,
} from './saga-moves.ts';
import { retryTimer, type SagaPolicy, silenceTimer, underWay } from './saga-commands.ts';
import type { ProviderOperation, ReplyMeaning, UndoCommand } from './saga-definition.ts';
import type { OperatorNote, SagaEvent } from './saga-events.ts';
import { type ActiveSaga, currentStep, definitionOf, isActive, type Saga } from './saga-state.ts';

/** What a saga reacts to. `orderId` spreads the intervals of different orders. */
export type SagaCommand = { readonly orderId: string } & (
  | { readonly type: 'OrderCreated'; readonly order: MessageData<'OrderCreated'> }
  | { readonly type: 'CancellationRequested' }
  | { readonly type: 'Reply'; readonly reply: Pick<Message, 'type' | 'data'> }
  | { readonly type: 'OrderEnded' }
  | { readonly type: 'TimerFired'; readonly kind: string }
  | { readonly type: 'Operator'; readonly action: OperatorAction; readonly note: OperatorNote }
);

const nothingToDo: SagaDecision = ok([]);
const withdrawReview = [{ type: 'WithdrawReview', data: {} }];

/** The machine that runs the table of a saga definition. Messages in, rows with commands out; no transport, no clock. */
export function createSagaDecider(policy: SagaPolicy): Decider<Saga, SagaCommand, SagaEvent, SagaRefusal> {
  return {
    initialState: { phase: { status: 'NONE' } },
    evolve: evolveSaga,
    decide(saga, command) {
      switch (command.type) {
        case 'OrderCreated':
          return isActive(saga) ? nothingToDo : ok([begin(command.order, command.orderId)]);
        case 'CancellationRequested':
          return isActive(saga) ? cancel(saga, command.orderId) : nothingToDo;
        case 'Reply':
          return isActive(saga) ? ok(reply(saga, command.reply, command.orderId, policy)) : nothingToDo;
        case 'OrderEnded':
          return isActive(saga) && saga.phase.status === 'CLOSING'
            ? ok([{ type: 'SagaClosed', data: {}, timer: null }])
            : nothingToDo;
        case 'TimerFired':
          return isActive(saga) ? timerFired(saga, command.orderId) : nothingToDo;
        case 'Operator':
          return decideOperator(saga, command.action, command.note, command.orderId);
        default:
          return assertNever(command);
      }
    },
  };
}

function begin(order: MessageData<'OrderCreated'>, orderId: string): Decided<SagaEvent> {
  const data = { definitionVersion: currentDefinition.version, order };
  return advance({ phase: { status: 'NONE' } }, { type: 'SagaStarted', data }, orderId);
}

function reply(
  saga: ActiveSaga,
  message: Pick<Message, 'type' | 'data'>,
  orderId: string,
  policy: SagaPolicy,
): readonly Decided<SagaEvent>[] {
  const { phase } = saga;
  switch (phase.status) {
    case 'RUNNING':
    case 'WAITING_REVIEW': {
      const meaning = currentStep(saga).replies[message.type];
      return meaning === undefined ? anomalies(saga, message) : stepReply(saga, meaning, message, orderId, policy);
    }
    case 'UNDOING':
    case 'VERIFYING':
      return undoReply(saga, phase.undoing.remaining[0], message, orderId, policy);
    case 'NEEDS_OPERATOR':
      // A late answer is as good as an early one: what was stuck is undone after all.
      return phase.stuck.at === 'undo' && isUndone(phase.stuck.undoing.remaining[0], message)
        ? undoReply(saga, phase.stuck.undoing.remaining[0], message, orderId, policy)
        : [];
    case 'CLOSING':
    case 'CLOSED':
      // Whoever still asks a person has missed that the review was withdrawn.
      return message.type === 'FraudReviewRequested'
        ? [{ type: 'AnswerRepeated', data: {}, emits: withdrawReview }]
        : anomalies(saga, message);
    default:
      return assertNever(phase);
  }
}

function stepReply(
  saga: ActiveSaga,
  meaning: ReplyMeaning,
  message: Pick<Message, 'type' | 'data'>,
  orderId: string,
  policy: SagaPolicy,
): readonly Decided<SagaEvent>[] {
  switch (meaning.means) {
    case 'done':
      return [stepDone(saga, orderId)];
    case 'refused': {
      const { code, detail } = { code: meaning.code, detail: '', ...message.data } as Failure;
      const failure: Failure = { code, step: currentStep(saga).name, detail };
      const undo = meaning.undoOnly ?? undoOf(saga, saga.stepIndex);
      return [compensate(saga, { outcome: 'refused', failure, undo }, orderId)];
    }
    case 'waiting-review': {
      if (saga.phase.status === 'WAITING_REVIEW') return [];
      const reason = (message.data as MessageData<'FraudReviewRequested'>).reason;
      return [{ type: 'ReviewAwaited', data: { reason }, timer: { kind: 'review', afterMs: policy.reviewDeadlineMs } }];
    }
    case 'needs-operator':
      return [{ type: 'OperatorNeeded', data: { reason: (message.data as { detail: string }).detail }, timer: null }];
    case 'unavailable':
      return unavailable(saga, message, orderId, policy);
    default:
      return assertNever(meaning);
  }
}

function stepDone(saga: ActiveSaga, orderId: string): Decided<SagaEvent> {
  const step = currentStep(saga);
  const next = definitionOf(saga.definitionVersion).steps[saga.stepIndex + 1]?.name ?? null;
  const told = step.onDone ?? null;
  const event: SagaEvent = { type: 'StepCompleted', data: { step: step.name, next, told } };
  const news = told === null || next === null ? [] : [{ type: told, data: {} }];
  // The pivot is behind us: a cancellation that waited for its reply has come too late.
  const refusal = saga.cancelRequested
    ? [{ type: 'RefuseCancellation', data: { reason: 'the payment was already captured' } }]
    : [];
  return advance(saga, event, orderId, [...news, ...refusal]);
}

/** Each operation counts its tries from 1, so an answer is told by both. */
type UnavailableData = { readonly attempt: number; readonly operation?: ProviderOperation; readonly reason: string };

function unavailable(
  saga: ActiveSaga,
  message: Pick<Message, 'type' | 'data'>,
  orderId: string,
  policy: SagaPolicy,
): readonly Decided<SagaEvent>[] {
  const { attempt, operation, reason } = message.data as UnavailableData;
  const step = currentStep(saga);
  const isForThisTry = operation === step.operation && attempt === saga.attempt;
  if (saga.phase.status !== 'RUNNING' || !isForThisTry) return [];
  if (step.kind !== 'retriable' && saga.failures >= policy.stepTries) {
    const failure: Failure = { code: 'provider-unavailable', step: step.name, detail: reason };
    const why: GivingUp = { outcome: 'open', failure, undo: undoOf(saga, saga.stepIndex + 1) };
    return [compensate(saga, why, orderId, openReview(saga))];
  }
  return [{ type: 'AttemptFailed', data: { attempt, reason }, timer: retryTimer(saga, policy, orderId) }];
}

/** Whoever leaves an open assessment takes it off the reviewers' list, also when it is not on it yet. */
function openReview(saga: ActiveSaga): Decided<SagaEvent>['emits'] {
  return currentStep(saga).name === 'assess-fraud' ? withdrawReview : [];
}

function isUndone(undo: UndoCommand | undefined, message: Pick<Message, 'type'>): boolean {
  return undo !== undefined && undoDefinitions[undo].replies[message.type] === 'done';
}

function undoReply(
  saga: ActiveSaga,
  undo: UndoCommand | undefined,
  message: Pick<Message, 'type' | 'data'>,
  orderId: string,
  policy: SagaPolicy,
): readonly Decided<SagaEvent>[] {
  const meaning = undo === undefined ? undefined : undoDefinitions[undo].replies[message.type];
  if (undo === undefined || meaning === undefined) return anomalies(saga, message);
  if (meaning === 'done')
    return [advance(saga, { type: 'CompensationDone', data: { undo, by: 'participant' } }, orderId)];
  const { attempt, operation, reason } = message.data as UnavailableData;
  if (operation !== undoDefinitions[undo].operation || attempt !== saga.attempt) return [];
  if (saga.phase.status === 'VERIFYING') return [{ type: 'OperatorClaimRefused', data: { reason }, timer: null }];
  if (saga.failures >= policy.undoTries) return [{ type: 'OperatorNeeded', data: { reason }, timer: null }];
  return [{ type: 'AttemptFailed', data: { attempt, reason }, timer: retryTimer(saga, policy, orderId) }];
}

/**
 * A cancellation is taken until the capture is recorded. After that the capture's reply decides; once captured it is
 * refused.
 */
function cancel(saga: ActiveSaga, orderId: string): SagaDecision {
  const { phase } = saga;
  const step = currentStep(saga);
  if (phase.status === 'RUNNING' && step.kind === 'pivot') {
    return ok(saga.cancelRequested ? [] : [{ type: 'CancellationTaken', data: {} }]);
  }
  const pastPivot = step.kind === 'retriable';
  if (pastPivot && mayComplete(phase)) {
    const emits = [{ type: 'RefuseCancellation', data: { reason: 'the payment was already captured' } }];
    return ok([{ type: 'CancellationTurnedDown', data: {}, emits }]);
  }
  if (phase.status !== 'RUNNING' && phase.status !== 'WAITING_REVIEW') return nothingToDo;
  const why: GivingUp = { outcome: 'open', failure: cancelledAt(step.name), undo: undoOf(saga, saga.stepIndex + 1) };
  return ok([compensate({ ...saga, cancelRequested: true }, why, orderId, openReview(saga))]);
}

/** Until the order says that it is completed, its customer may ask, and is told that it is too late. */
function mayComplete(phase: ActiveSaga['phase']): boolean {
  if (phase.status === 'CLOSING') return phase.closing.command === 'CompleteOrder';
  return phase.status === 'RUNNING' || phase.status === 'NEEDS_OPERATOR';
}

function timerFired(saga: ActiveSaga, orderId: string): SagaDecision {
  if (saga.phase.status === 'WAITING_REVIEW') {
    const failure: Failure = {
      code: 'review-expired',
      step: currentStep(saga).name,
      detail: 'Nobody reviewed the order in time.',
    };
    return ok([compensate(saga, { outcome: 'refused', failure, undo: [] }, orderId, withdrawReview)]);
  }
  const attempt = saga.attempt + 1;
  const emits = underWay(saga, attempt);
  if (emits.length === 0) return nothingToDo;
  return ok([{ type: 'CommandRepeated', data: { attempt }, emits, timer: silenceTimer(saga, attempt, orderId) }]);
}

/** Good news after the bad: a parcel given up for lost arrives. Money has gone back, so a person has to know. */
function anomalies(saga: ActiveSaga, message: Pick<Message, 'type'>): readonly Decided<SagaEvent>[] {
  const lost = saga.steps.some((step) => step.name === 'await-delivery' && step.status === 'REFUSED');
  if (message.type !== 'ShipmentDelivered' || !lost) return [];
  return [{ type: 'AnomalyNoted', data: { code: 'delivered-after-loss', message: message.type } }];
}
