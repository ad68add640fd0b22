import type { ReadModelTable, StreamDefinition } from '@checkout/event-log';
import { type Assessment, type AssessmentEvent, evolveAssessment, initialAssessment } from './assessment.ts';

export type AssessmentView = {
  readonly status: Assessment['status'];
  readonly reason: string | null;
  /** Who decided a review, when a person did who said so. */
  readonly decidedBy?: string;
};

export const assessmentsTable: ReadModelTable = { name: 'assessments', columns: { status: 'text' } };

export const assessmentStream: StreamDefinition<Assessment, AssessmentEvent> = {
  table: assessmentsTable,
  initialState: initialAssessment,
  evolve: evolveAssessment,
  project(assessment) {
    return { view: viewAssessment(assessment), columns: { status: assessment.status } };
  },
};

export function viewAssessment(assessment: Assessment): AssessmentView {
  const { status } = assessment;
  const reason = status === 'IN_REVIEW' ? assessment.reason : null;
  const isDecided = status === 'CLEARED' || status === 'REJECTED';
  return {
    status,
    reason,
    ...(isDecided && assessment.decidedBy !== undefined && { decidedBy: assessment.decidedBy }),
  };
}
