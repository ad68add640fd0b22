import type { Message } from '@checkout/contracts';
import type { DueTimer, EventLog, Loaded, Streams } from '@checkout/event-log';
import type { Clock, OrderId } from '@checkout/kernel';
import { type Background, createCallGate, createRecorder, type Outcome } from '@checkout/messaging';
import {
  answeredLate,
  askedStill,
  type Assessment,
  assessed,
  type AssessmentEvent,
  type AssessmentRequest,
  type AssessmentResult,
  pending,
  recordedAnswer,
  withdraw,
} from '../domain/assessment.ts';
import { assessOrder, type FraudRules } from '../domain/fraud-rules.ts';
import type { FraudBureau } from './ports/fraud-bureau.port.ts';

type LoadedAssessment = Loaded<Assessment>;
type AssessmentOutcome = Outcome<Assessment, AssessmentEvent>;

export type AssessFraud = {
  assess: (loaded: LoadedAssessment, message: Message<'AssessFraud'>) => Promise<AssessmentOutcome>;
  withdraw: (loaded: LoadedAssessment) => AssessmentOutcome;
  timerFired: (loaded: LoadedAssessment, timer: DueTimer) => AssessmentOutcome;
};

/** Scores an order before money moves. A score has no effect at the bureau, so an unknown outcome is simply asked again. */
export function createAssessFraud(deps: {
  readonly log: EventLog;
  readonly streams: Streams<Assessment, AssessmentEvent>;
  readonly bureau: FraudBureau;
  readonly rules: FraudRules;
  readonly clock: Clock;
  readonly background: Background;
}): AssessFraud {
  const { log, streams, bureau, rules, clock, background } = deps;
  const record = createRecorder<Assessment, AssessmentEvent>({ log, streams });
  const calls = createCallGate(clock, background.closing);

  /** `unavailable` also when the service stops: whoever records it in the background asks first whether that is why. */
  const score = async (orderId: OrderId, request: AssessmentRequest): Promise<AssessmentResult> => {
    const { userId, amount, currency } = request;
    const scored = await bureau.score({ orderId, userId, amount, currency });
    if (scored.kind !== 'scored') return { kind: 'unavailable', reason: scored.reason };
    return { kind: 'decided', ...assessOrder(rules, request, scored) };
  };

  return {
    async assess({ streamId: orderId, state }, { data }) {
      const answer = recordedAnswer(state);
      if (answer !== undefined) return { events: [answer] };
      if (state.status !== 'NONE') return { events: [] };
      const { call, result } = await calls.start(() => score(orderId, data));
      if (result !== undefined) return { events: assessed(state, data.attempt, result) };
      const late = async (begun: LoadedAssessment) => {
        const answered = await call;
        if (background.signal.aborted) return;
        await record(begun, (assessment) => answeredLate(assessment, data.attempt, answered));
      };
      return { events: pending(data), afterCommit: (begun) => background.goOn(() => late(begun)) };
    },
    withdraw: ({ state }) => ({ events: withdraw(state) }),
    timerFired({ streamId: orderId, state, createdAt }, { dueAt }) {
      if (state.status !== 'PENDING') return { events: askedStill(state, dueAt - createdAt) };
      const { request } = state;
      const again = async (begun: LoadedAssessment) => {
        const answered = await score(orderId, request);
        if (background.signal.aborted) return;
        await record(begun, (assessment) => answeredLate(assessment, request.attempt, answered));
      };
      return { events: pending(request), afterCommit: (begun) => background.run(() => again(begun)) };
    },
  };
}
