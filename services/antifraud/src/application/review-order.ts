import { type EventLog, execute, type Streams } from '@checkout/event-log';
import { causeOf, err, ok, type OrderId, type Result, toInstant } from '@checkout/kernel';
import { type Assessment, type AssessmentEvent, review, type ReviewRefusal } from '../domain/assessment.ts';
import type { AssessmentView } from '../domain/assessment-view.ts';

export type ReviewOrder = {
  readonly orderId: OrderId;
  readonly decision: 'approve' | 'reject';
  readonly requestId: string;
  readonly traceparent: string;
};

export type ReviewItem = {
  readonly orderId: OrderId;
  readonly status: Assessment['status'];
  readonly reason: string | null;
  readonly requestedAt: string;
};

export type Reviews = {
  decide: (command: ReviewOrder) => Promise<Result<ReviewItem, ReviewRefusal>>;
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
  return {
    async decide({ orderId, decision, requestId, traceparent }) {
      const executed = await execute(deps, {
        streamId: orderId,
        cause: { id: causeOf('review', orderId, decision, requestId), correlationId: requestId, traceparent },
        decide: ({ state }) => review(state, decision),
      });
      if (!executed.ok) {
        if (executed.error.kind === 'refused') return err(executed.error.refusal);
        throw new Error('a review claims no idempotency key');
      }
      const { loaded } = executed.value;
      return ok({ orderId, status: loaded.state.status, reason: null, requestedAt: toInstant(loaded.createdAt) });
    },
    async waiting({ beforeId, limit }) {
      const rows = await deps.log.listReadModel({
        equals: { status: 'IN_REVIEW' },
        ...(beforeId !== undefined && { beforeId }),
        limit,
      });
      return rows.map(({ streamId, view, createdAt }) => ({
        orderId: streamId,
        ...(view as AssessmentView),
        requestedAt: toInstant(createdAt),
      }));
    },
  };
}
