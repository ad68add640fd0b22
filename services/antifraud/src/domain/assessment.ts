import type { MessageData } from '@checkout/contracts';
import type { Decided } from '@checkout/event-log';
import { assertNever, type DomainError, domainError, err, ok, type Result } from '@checkout/kernel';

export type AssessmentRequest = MessageData<'AssessFraud'>;

export type Assessment =
  | { readonly status: 'NONE' }
  /** The bureau is slow; `attempt` is the saga's try that will be answered. */
  | { readonly status: 'PENDING'; readonly request: AssessmentRequest }
  | ({ readonly status: 'CLEARED' } & ByPerson)
  | ({ readonly status: 'REJECTED' } & Rejection & ByPerson)
  | { readonly status: 'IN_REVIEW'; readonly reason: string }
  /** The order ended before anybody decided. */
  | { readonly status: 'WITHDRAWN' };

type Rejection = { readonly code: 'fraud-rejected' | 'review-rejected'; readonly detail: string };
/** Who decided, when a person did who said so. */
type ByPerson = { readonly decidedBy?: string };

export type ReviewDecision = 'approve' | 'reject';

export type AssessmentEvent =
  | { readonly type: 'AssessmentPending'; readonly data: AssessmentRequest }
  | { readonly type: 'FraudCleared'; readonly data: Record<string, never> }
  | { readonly type: 'FraudRejected'; readonly data: MessageData<'FraudRejected'> }
  | { readonly type: 'FraudReviewRequested'; readonly data: MessageData<'FraudReviewRequested'> }
  /** A person has decided; what follows for the saga goes out with it. `actor` is null when nobody says who it was. */
  | {
      readonly type: 'ReviewDecided';
      readonly data: { readonly decision: ReviewDecision; readonly actor: string | null };
    }
  | { readonly type: 'FraudUnavailable'; readonly data: MessageData<'FraudUnavailable'> }
  | { readonly type: 'ReviewWithdrawn'; readonly data: Record<string, never> };

/** What the rules and the bureau together say. */
export type AssessmentResult =
  | { readonly kind: 'decided'; readonly verdict: 'approve' | 'review' | 'reject'; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

export type ReviewRefusal = DomainError<'review-not-found' | 'review-decided'>;

type Events = readonly Decided<AssessmentEvent>[];

const rejectedInReview = { code: 'review-rejected', detail: 'A reviewer has rejected the order.' } as const;

export const initialAssessment: Assessment = { status: 'NONE' };

/** A review that nobody has decided is said again after this long, then whenever its age has doubled. */
const reviewSaidAgainMs = 60_000;
const reviewSaidAgainCapMs = 6 * 3_600_000;

/** The bureau is asked again in case a slow call was lost with its process, milliseconds; its key makes that harmless. */
const askAgainMs = 5_000;

export function evolveAssessment(assessment: Assessment, event: AssessmentEvent): Assessment {
  switch (event.type) {
    case 'AssessmentPending':
      return { status: 'PENDING', request: event.data };
    case 'FraudCleared':
      return { status: 'CLEARED' };
    case 'FraudRejected':
      return { status: 'REJECTED', ...event.data };
    case 'FraudReviewRequested':
      return { status: 'IN_REVIEW', reason: event.data.reason };
    case 'ReviewDecided': {
      const { decision, actor } = event.data;
      const decidedBy = actor === null ? {} : { decidedBy: actor };
      return decision === 'approve'
        ? { status: 'CLEARED', ...decidedBy }
        : { status: 'REJECTED', ...rejectedInReview, ...decidedBy };
    }
    case 'FraudUnavailable':
      return { status: 'NONE' };
    case 'ReviewWithdrawn':
      return { status: 'WITHDRAWN' };
    default:
      return assertNever(event);
  }
}

/** The recorded answer, or `undefined` when there is none yet. */
export function recordedAnswer(assessment: Assessment): Decided<AssessmentEvent> | undefined {
  switch (assessment.status) {
    case 'CLEARED':
      return repeat('FraudCleared', {});
    case 'REJECTED':
      return repeat('FraudRejected', { code: assessment.code, detail: assessment.detail });
    case 'IN_REVIEW':
      return repeat('FraudReviewRequested', { reason: assessment.reason });
    case 'NONE':
    case 'PENDING':
    case 'WITHDRAWN':
      return undefined;
    default:
      return assertNever(assessment);
  }
}

function repeat(type: AssessmentEvent['type'], data: object): Decided<AssessmentEvent> {
  return { type: 'AnswerRepeated', data: {}, emits: [{ type, data }] };
}

export function pending(request: AssessmentRequest): Events {
  return [{ type: 'AssessmentPending', data: request, timer: { kind: 'assess', afterMs: askAgainMs } }];
}

/** What follows from an assessment; nothing when it was answered before. */
export function assessed(assessment: Assessment, attempt: number, result: AssessmentResult): Events {
  if (assessment.status !== 'NONE' && assessment.status !== 'PENDING') return [];
  if (result.kind === 'unavailable') {
    return [{ type: 'FraudUnavailable', data: { attempt, reason: result.reason }, timer: null }];
  }
  switch (result.verdict) {
    case 'approve':
      return [{ type: 'FraudCleared', data: {}, timer: null }];
    case 'review':
      return [{ type: 'FraudReviewRequested', data: { reason: result.reason }, timer: reviewTimer(0) }];
    case 'reject':
      return [{ type: 'FraudRejected', data: { code: 'fraud-rejected', detail: result.reason }, timer: null }];
    default:
      return assertNever(result.verdict);
  }
}

const reviewTimer = (ageMs: number) => ({
  kind: 'review',
  afterMs: Math.min(reviewSaidAgainCapMs, Math.max(reviewSaidAgainMs, ageMs)),
});

/**
 * Says again that a person is asked: who has given the order up has withdrawn the review once, and that may have been missed.
 *
 * @param ageMs of the assessment
 */
export function askedStill(assessment: Assessment, ageMs: number): Events {
  const answer = assessment.status === 'IN_REVIEW' ? recordedAnswer(assessment) : undefined;
  return answer === undefined ? [] : [{ ...answer, timer: reviewTimer(ageMs) }];
}

/** What follows from an answer that came behind its batch: nothing, unless it is still waited for. */
export function answeredLate(assessment: Assessment, attempt: number, result: AssessmentResult): Events {
  if (assessment.status !== 'PENDING') return [];
  // A newer try is under way, and it will say itself that the bureau was not there.
  if (result.kind === 'unavailable' && assessment.request.attempt !== attempt) return [];
  return assessed(assessment, attempt, result);
}

/** A person's decision. Deciding the same again changes nothing; changing one's mind is too late. */
export function review(
  assessment: Assessment,
  decision: ReviewDecision,
  actor: string | null,
): Result<Events, ReviewRefusal> {
  switch (assessment.status) {
    case 'IN_REVIEW':
      return ok([{ type: 'ReviewDecided', data: { decision, actor }, emits: [toldOf(decision)], timer: null }]);
    case 'CLEARED':
    case 'REJECTED': {
      const decided = assessment.status === 'CLEARED' ? 'approve' : 'reject';
      if (decided === decision) return ok([]);
      return err(domainError('review-decided', `The assessment has been decided already: ${decided}.`));
    }
    case 'WITHDRAWN':
      return err(domainError('review-decided', 'The order ended before it was reviewed.'));
    case 'NONE':
    case 'PENDING':
      return err(domainError('review-not-found', 'There is no review for this order.'));
    default:
      return assertNever(assessment);
  }
}

function toldOf(decision: ReviewDecision) {
  return decision === 'approve'
    ? { type: 'FraudCleared', data: {} }
    : { type: 'FraudRejected', data: rejectedInReview };
}

/** The order ended. An assessment that is still under way will not come to anything any more: the door is closed. */
export function withdraw(assessment: Assessment): Events {
  switch (assessment.status) {
    case 'NONE':
    case 'PENDING':
    case 'IN_REVIEW':
      return [{ type: 'ReviewWithdrawn', data: {}, timer: null }];
    case 'CLEARED':
    case 'REJECTED':
    case 'WITHDRAWN':
      return [];
    default:
      return assertNever(assessment);
  }
}
