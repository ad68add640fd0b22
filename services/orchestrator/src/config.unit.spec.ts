import { expect, test } from 'vitest';
import { loadOrchestratorConfig } from './config.ts';

test('is patient by default', () => {
  expect(loadOrchestratorConfig({ AUTH: 'off' })).toMatchObject({
    port: 8081,
    policy: { retryBaseMs: 1_000, retryCapMs: 60_000, stepTries: 12, undoTries: 6, reviewDeadlineMs: 86_400_000 },
  });
});

test('takes its patience from the environment', () => {
  const environment = { AUTH: 'off', RETRY_BASE_MS: '1', RETRY_CAP_MS: '2', STEP_TRIES: '3', UNDO_TRIES: '4' };

  expect(loadOrchestratorConfig({ ...environment, REVIEW_DEADLINE_MS: '5' }).policy).toEqual({
    retryBaseMs: 1,
    retryCapMs: 2,
    stepTries: 3,
    undoTries: 4,
    reviewDeadlineMs: 5,
  });
});
