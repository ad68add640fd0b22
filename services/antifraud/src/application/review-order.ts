import { type EventLog, execute, type Streams } from '@checkout/event-log';
import { causeOf, err, ok, type OrderId, type Result, toInstant } from '@checkout/kernel';
import {
  type Assessment,
  type AssessmentEvent,
  review,
  type ReviewDecision,
  type ReviewRefusal,
} from '../domain/assessment.ts';
import { type AssessmentView, viewAssessment } from '../domain/assessment-view.ts';

export type ReviewOrder = {
  readonly orderId: OrderId;
  readonly decision: ReviewDecision;
  /** Under whose name it is recorded; `undefined` when nobody says who it is. */
  readonly actor: string | undefined;
  readonly requestId: string;
  readonly traceparent: string;
};

export type ReviewItem = {
  readonly orderId: OrderId;
  readonly status: Assessment['status'];
  readonly reason: string | null;
  readonly decidedBy: string | null;
  readonly requestedAt: string;
};

export type Reviews = {
  decide: (command: ReviewOrder) => Promise<Result<ReviewItem, ReviewRefusal>>;
  /** What became of an order, in review or not. */
  find: (orderId: OrderId) => Promise<ReviewItem | undefined>;
  /** Orders that wait for a person, the newest first. */
  waiting: (page: {
    readonly beforeId?: OrderId | undefined;
    readonly limit: number;
  }) => Promise<readonly ReviewItem[]>;
};

export function createReviews(deps: {
  readonly log: EventLog;
  readonly streams: Streams<Assessment, AssessmentEvent>;
}): Reviews {
  const { log } = deps;
  return {
    async decide({ orderId, decision, actor, requestId, traceparent }) {
      const executed = await execute(deps, {
        streamId: orderId,
        cause: { id: causeOf('review', orderId, decision, requestId), correlationId: requestId, traceparent },
        decide: ({ state }) => review(state, decision, actor ?? null),
      });
      if (!executed.ok) {
        if (executed.error.kind === 'refused') return err(executed.error.refusal);
        throw new Error('a review claims no idempotency key');
      }
      const { state, createdAt } = executed.value.loaded;
      return ok(itemOf(orderId, viewAssessment(state), createdAt));
    },
    async find(orderId) {
      const row = await log.readModel(orderId);
      return row && itemOf(orderId, row.view as AssessmentView, row.createdAt);
    },
    async waiting({ beforeId, limit }) {
      const rows = await log.listReadModel({
        equals: { status: 'IN_REVIEW' },
        ...(beforeId !== undefined && { beforeId }),
        limit,
      });
      return rows.map(({ streamId, view, createdAt }) => itemOf(streamId, view as AssessmentView, createdAt));
    },
  };
}

function itemOf(orderId: OrderId, view: AssessmentView, createdAt: number): ReviewItem {
  return { orderId, ...view, decidedBy: view.decidedBy ?? null, requestedAt: toInstant(createdAt) };
}
