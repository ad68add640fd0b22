import type { MessageHandlers } from '@checkout/messaging';
import type { AssessFraud } from '../../../application/assess-fraud.ts';
import type { Assessment, AssessmentEvent } from '../../../domain/assessment.ts';

/** The saga's commands to the antifraud service. */
export function fraudCommandHandlers(assessFraud: AssessFraud): MessageHandlers<Assessment, AssessmentEvent> {
  return { AssessFraud: assessFraud.assess, WithdrawReview: assessFraud.withdraw };
}
