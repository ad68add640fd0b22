import type { Outgoing } from '@checkout/contracts';
import type { TimerChange } from '@checkout/event-log';
import { assertNever, backoffMs } from '@checkout/kernel';
import type { StepCommand, StepDefinition, UndoCommand } from './saga-definition.ts';
import { type ActiveSaga, type Closing, currentStep } from './saga-state.ts';

/** How patient the saga is. Intervals double from base to cap and are spread per order. */
export type SagaPolicy = {
  /** The wait before a try that follows an `unavailable` reply, milliseconds; it outgrows the cap after dozens of tries. */
  readonly retryBaseMs: number;
  readonly retryCapMs: number;
  /** `unavailable` replies that a step before the pivot's reply survives; the next one gives up. */
  readonly stepTries: number;
  /** `unavailable` replies that a compensation survives; the next one calls an operator. */
  readonly undoTries: number;
  /** How long a person has to review, milliseconds. */
  readonly reviewDeadlineMs: number;
};

/** Silence while a compensation or an order command is under way, milliseconds. */
const undoSilence = { baseMs: 60_000, capMs: 60_000 } as const;

function stepMessage(saga: ActiveSaga, command: StepCommand, attempt: number): Outgoing {
  const { userId, currency, total, items, paymentToken, shippingAddress } = saga.order;
  switch (command) {
    case 'AssessFraud':
      return { type: command, data: { attempt, userId, currency, amount: total, items } };
    case 'AuthorizePayment':
      return { type: command, data: { attempt, currency, amount: total, paymentToken } };
    case 'RequestShipment':
      return { type: command, data: { attempt, items, shippingAddress } };
    case 'CapturePayment':
    case 'DispatchShipment':
    case 'AwaitDelivery':
      return { type: command, data: { attempt } };
    default:
      return assertNever(command);
  }
}

function undoMessage(command: UndoCommand, attempt: number, mode: 'undo' | 'verify' = 'undo'): Outgoing {
  return command === 'ReleasePayment'
    ? { type: command, data: { attempt, mode } }
    : { type: command, data: { attempt } };
}

function closingMessage(closing: Closing): Outgoing {
  return closing.command === 'CompleteOrder'
    ? { type: closing.command, data: {} }
    : { type: closing.command, data: { failure: closing.failure } };
}

/** What is under way, sent as try number `attempt`. The order commands all go again, in order. */
export function underWay(saga: ActiveSaga, attempt: number): readonly Outgoing[] {
  const { phase } = saga;
  switch (phase.status) {
    case 'RUNNING':
      return [stepMessage(saga, currentStep(saga).command, attempt)];
    case 'UNDOING':
    case 'VERIFYING': {
      const undo = phase.undoing.remaining[0];
      return undo === undefined ? [] : [undoMessage(undo, attempt, phase.status === 'VERIFYING' ? 'verify' : 'undo')];
    }
    case 'CLOSING':
      return [...saga.progress.map((type) => ({ type, data: {} })), closingMessage(phase.closing)];
    case 'WAITING_REVIEW':
    case 'NEEDS_OPERATOR':
    case 'CLOSED':
      return [];
    default:
      return assertNever(phase);
  }
}

/**
 * Behind so many tries nothing is urgent any more: the longest wait grows to so many times itself. A stream is bounded, and
 * one that filled up while somebody was away for days could not hear their answer.
 */
const patience = [
  { tries: 100, times: 60 },
  { tries: 40, times: 10 },
] as const;
const longestWaitMs = 86_400_000;

function waitMs(tries: number, { baseMs, capMs }: StepDefinition['silence'], seed: string): number {
  const times = patience.find((stage) => tries > stage.tries)?.times ?? 1;
  return backoffMs(tries, baseMs, Math.max(capMs, Math.min(longestWaitMs, capMs * times)), seed);
}

/** The timer that sends what is under way again when nothing is heard of try number `attempt`. */
export function silenceTimer(saga: ActiveSaga, attempt: number, orderId: string): TimerChange {
  const silence = saga.phase.status === 'RUNNING' ? currentStep(saga).silence : undoSilence;
  return { kind: 'resend', afterMs: waitMs(attempt, silence, `${orderId}/${saga.stepIndex}`) };
}

export function retryTimer(saga: ActiveSaga, policy: SagaPolicy, orderId: string): TimerChange {
  const pace = { baseMs: policy.retryBaseMs, capMs: policy.retryCapMs };
  return { kind: 'resend', afterMs: waitMs(saga.failures + 1, pace, `${orderId}/${saga.stepIndex}`) };
}
