import type { ReadModelTable, StreamDefinition } from '@checkout/event-log';
import { type Assessment, type AssessmentEvent, evolveAssessment, initialAssessment } from './assessment.ts';

export type AssessmentView = { readonly status: Assessment['status']; readonly reason: string | null };

export const assessmentsTable: ReadModelTable = { name: 'assessments', columns: { status: 'text' } };

export const assessmentStream: StreamDefinition<Assessment, AssessmentEvent> = {
  table: assessmentsTable,
  initialState: initialAssessment,
  evolve: evolveAssessment,
  project(assessment) {
    const { status } = assessment;
    const view: AssessmentView = { status, reason: assessment.status === 'IN_REVIEW' ? assessment.reason : null };
    return { view, columns: { status } };
  },
};
