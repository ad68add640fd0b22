import type { ErrorCodes } from '@checkout/http';

export const orchestratorErrorCodes: ErrorCodes = {
  'saga-not-found': {
    status: 404,
    title: 'There is no saga for this order',
    explanation: 'The order does not exist, or the orchestrator has not heard of it yet: ask again in a moment.',
  },
  'saga-not-stuck': {
    status: 409,
    title: 'The saga does not wait for an operator',
    explanation:
      'Only a saga in NEEDS_OPERATOR can be retried or resolved, or one that waits for a delivery: RUNNING, at the step ' +
      '`await-delivery`. Look at its state.',
  },
  'action-not-applicable': {
    status: 409,
    title: 'The action does not fit what the saga is stuck on',
    explanation: '`mark-done` is for a step, not for a compensation: retry that, or mark it undone.',
  },
  'not-settled': {
    status: 409,
    title: 'The provider says that it is not undone',
    explanation:
      'Money is still held or captured. Retry the compensation, or settle it outside and name the `externalReference`.',
  },
};
