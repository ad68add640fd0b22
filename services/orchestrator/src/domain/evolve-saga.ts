import type { Failure } from '@checkout/contracts';
import { assertNever } from '@checkout/kernel';
import { type UndoCommand, undoCommands } from './saga-definition.ts';
import type { SagaEvent } from './saga-events.ts';
import {
  type ActiveSaga,
  definitionOf,
  isActive,
  type Saga,
  type StepState,
  type StepStatus,
  type Undoing,
} from './saga-state.ts';

/** Applies what was decided. Validates nothing and never throws for an event of a definition that this build has. */
export function evolveSaga(saga: Saga, event: SagaEvent): Saga {
  if (event.type === 'SagaStarted') return started(event.data);
  if (!isActive(saga)) return saga;
  switch (event.type) {
    case 'ReviewAwaited':
      return { ...saga, phase: { status: 'WAITING_REVIEW' } };
    case 'StepCompleted':
    case 'OperatorCompletedStep':
      return stepCompleted(saga, event.data);
    case 'AttemptFailed':
      return { ...saga, failures: saga.failures + 1 };
    case 'CommandRepeated':
      return repeated(saga, event.data.attempt);
    case 'CancellationTaken':
      return { ...saga, cancelRequested: true };
    case 'CancellationTurnedDown':
      return { ...saga, cancelRequested: false };
    case 'CompensationStarted':
      return event.data.isSettled ? settledOutside(saga, event.data) : compensationStarted(saga, event.data);
    case 'CompensationDone':
      return undone(saga, event.data.undo);
    case 'OperatorNeeded':
      return stuck(saga, event.data.reason);
    case 'OperatorRetried':
      return resumed(saga, event.data.attempt);
    case 'OperatorClaimedUndone':
      return claimed(saga, event.data.attempt);
    case 'OperatorClaimRefused':
      return saga.phase.status === 'VERIFYING' ? stuck(saga, event.data.reason) : saga;
    case 'SettledExternally':
      return settledOutside(saga, { ...event.data, undo: [] });
    case 'AnomalyNoted':
      return saga;
    case 'SagaClosed':
      return saga.phase.status === 'CLOSING' ? { ...saga, phase: { ...saga.phase, status: 'CLOSED' } } : saga;
    default:
      return assertNever(event);
  }
}

function started({ definitionVersion, order }: Extract<SagaEvent, { type: 'SagaStarted' }>['data']): ActiveSaga {
  const { steps } = definitionOf(definitionVersion);
  return {
    phase: { status: 'RUNNING' },
    definitionVersion,
    order,
    stepIndex: 0,
    steps: steps.map(({ name }, index) =>
      index === 0 ? { name, status: 'RUNNING', attempts: 1 } : { name, status: 'PENDING', attempts: 0 },
    ),
    attempt: 1,
    failures: 0,
    cancelRequested: false,
    progress: [],
  };
}

const withStep = (steps: readonly StepState[], index: number, change: Partial<StepState>) =>
  steps.map((step, at) => (at === index ? { ...step, ...change } : step));

function stepCompleted(
  saga: ActiveSaga,
  { next, told }: Extract<SagaEvent, { type: 'StepCompleted' }>['data'],
): ActiveSaga {
  const done = withStep(saga.steps, saga.stepIndex, { status: 'DONE' });
  // A cancellation waits at the pivot only; a step that is done has decided against it.
  const fresh = { ...saga, attempt: 1, failures: 0, cancelRequested: false };
  if (next === null)
    return { ...fresh, steps: done, phase: { status: 'CLOSING', closing: { command: 'CompleteOrder' } } };
  const stepIndex = saga.stepIndex + 1;
  return {
    ...fresh,
    phase: { status: 'RUNNING' },
    stepIndex,
    steps: withStep(done, stepIndex, { status: 'RUNNING', attempts: 1 }),
    progress: told === null ? saga.progress : [...saga.progress, told],
  };
}

function repeated(saga: ActiveSaga, attempt: number): ActiveSaga {
  const isStep = saga.phase.status === 'RUNNING';
  return { ...saga, attempt, steps: isStep ? withStep(saga.steps, saga.stepIndex, { attempts: attempt }) : saga.steps };
}

function compensationStarted(
  saga: ActiveSaga,
  data: Extract<SagaEvent, { type: 'CompensationStarted' }>['data'],
): ActiveSaga {
  const { failure, end, undo, outcome } = data;
  const hasUndo = definitionOf(saga.definitionVersion).steps[saga.stepIndex]?.undo !== undefined;
  const status = outcome === 'refused' ? 'REFUSED' : hasUndo ? 'RUNNING' : 'UNDONE';
  return undoNext(
    { ...saga, steps: withStep(saga.steps, saga.stepIndex, { status }) },
    { remaining: undo, failure, end },
  );
}

/** Begins the next compensation, or the last word when none is left. */
function undoNext(saga: ActiveSaga, undoing: Undoing): ActiveSaga {
  const fresh = { ...saga, attempt: 1, failures: 0 };
  const next = undoing.remaining[0];
  if (next !== undefined)
    return { ...fresh, steps: markUndoable(saga, [next], 'UNDOING'), phase: { status: 'UNDOING', undoing } };
  const { end: command, failure } = undoing;
  return { ...fresh, phase: { status: 'CLOSING', closing: { command, failure } } };
}

function settledOutside(
  saga: ActiveSaga,
  { failure, undo }: { readonly failure: Failure; readonly undo: readonly UndoCommand[] },
): ActiveSaga {
  const settled = undoCommands.filter((command) => !undo.includes(command));
  const marked = markUndoable(saga, settled, 'UNDONE');
  // A step that was given up while it waited has nothing to wait for any more.
  const waited = saga.phase.status === 'RUNNING';
  const steps = waited ? withStep(marked, saga.stepIndex, { status: 'REFUSED' }) : marked;
  return undoNext({ ...saga, steps }, { remaining: undo, failure, end: 'FailOrder' });
}

function undoingOf(saga: ActiveSaga): Undoing | undefined {
  const { phase } = saga;
  if (phase.status === 'UNDOING' || phase.status === 'VERIFYING') return phase.undoing;
  return phase.status === 'NEEDS_OPERATOR' && phase.stuck.at === 'undo' ? phase.stuck.undoing : undefined;
}

function undone(saga: ActiveSaga, undo: UndoCommand): ActiveSaga {
  const undoing = undoingOf(saga);
  if (undoing === undefined) return saga;
  const steps = markUndoable(saga, [undo], 'UNDONE');
  return undoNext(
    { ...saga, steps },
    { ...undoing, remaining: undoing.remaining.filter((command) => command !== undo) },
  );
}

function stuck(saga: ActiveSaga, reason: string): ActiveSaga {
  const undoing = undoingOf(saga);
  if (undoing === undefined) {
    const steps = withStep(saga.steps, saga.stepIndex, { status: 'FAILED' });
    return { ...saga, steps, phase: { status: 'NEEDS_OPERATOR', stuck: { at: 'step', reason } } };
  }
  const steps = markUndoable(saga, undoing.remaining.slice(0, 1), 'FAILED');
  return { ...saga, steps, phase: { status: 'NEEDS_OPERATOR', stuck: { at: 'undo', undoing } } };
}

function resumed(saga: ActiveSaga, attempt: number): ActiveSaga {
  const undoing = undoingOf(saga);
  const fresh = { ...saga, attempt, failures: 0 };
  if (undoing === undefined) {
    const steps = withStep(saga.steps, saga.stepIndex, { status: 'RUNNING', attempts: attempt });
    return { ...fresh, steps, phase: { status: 'RUNNING' } };
  }
  return {
    ...fresh,
    steps: markUndoable(saga, undoing.remaining.slice(0, 1), 'UNDOING'),
    phase: { status: 'UNDOING', undoing },
  };
}

function claimed(saga: ActiveSaga, attempt: number): ActiveSaga {
  const undoing = undoingOf(saga);
  return undoing === undefined ? saga : { ...saga, attempt, failures: 0, phase: { status: 'VERIFYING', undoing } };
}

/** Sets the status of every begun step that one of the commands undoes. */
function markUndoable(saga: ActiveSaga, commands: readonly UndoCommand[], status: StepStatus): readonly StepState[] {
  const definition = definitionOf(saga.definitionVersion);
  return saga.steps.map((step, index) => {
    const own = definition.steps[index]?.undo;
    const begun = step.status !== 'PENDING' && step.status !== 'REFUSED';
    return own !== undefined && begun && commands.includes(own) ? { ...step, status } : step;
  });
}
