import type { Failure } from '@checkout/contracts';
import { isMarker, type LogRow } from '@checkout/event-log';
import { type OrderId, toInstant } from '@checkout/kernel';
import type { SagaEvent } from '../domain/saga-events.ts';
import { failureOf, isActive, publicState, type Saga, type SagaState, type StepState } from '../domain/saga-state.ts';
import { sagaStream } from '../domain/saga-stream.ts';

/** A saga as the API shows it. */
export type SagaView = {
  readonly orderId: OrderId;
  readonly state: SagaState;
  readonly definitionVersion: number;
  /** The step that the saga has come to. */
  readonly step: string;
  /** When the saga's timer fires: the review's end, or the next try. */
  readonly deadline: string | null;
  readonly steps: readonly (StepState & { readonly startedAt: string | null; readonly finishedAt: string | null })[];
  readonly failure: Failure | null;
};

type StepTimes = { readonly startedAt: number | null; readonly finishedAt: number | null };

/** Built from the saga's own rows: when a step began and ended is when the row that says so was recorded. */
export function viewSaga(orderId: OrderId, rows: readonly LogRow[], dueAt: number | null): SagaView | undefined {
  let saga: Saga = sagaStream.initialState;
  let times: readonly StepTimes[] = [];
  for (const row of rows) {
    const before = isActive(saga) ? saga.steps : [];
    if (!isMarker(row)) saga = sagaStream.evolve(saga, row as unknown as SagaEvent);
    if (isActive(saga))
      times = saga.steps.map((step, index) => stepTimes(step, before[index], times[index], row.recordedAt));
  }
  if (!isActive(saga)) return undefined;
  const instant = (unixMs: number | null | undefined) =>
    unixMs === null || unixMs === undefined ? null : toInstant(unixMs);
  return {
    orderId,
    state: publicState(saga),
    definitionVersion: saga.definitionVersion,
    step: saga.steps[saga.stepIndex]?.name ?? '',
    deadline: instant(dueAt),
    steps: saga.steps.map((step, index) => ({
      ...step,
      startedAt: instant(times[index]?.startedAt),
      finishedAt: instant(times[index]?.finishedAt),
    })),
    failure: failureOf(saga) ?? null,
  };
}

function stepTimes(
  step: StepState,
  before: StepState | undefined,
  times: StepTimes | undefined,
  at: number,
): StepTimes {
  const known = times ?? { startedAt: null, finishedAt: null };
  if (step.status === before?.status) return known;
  const startedAt = known.startedAt ?? (step.status === 'PENDING' ? null : at);
  const isOver = step.status !== 'PENDING' && step.status !== 'RUNNING' && step.status !== 'UNDOING';
  return { startedAt, finishedAt: isOver ? at : null };
}
