import { type ConnectedServiceConfig, connectionConfigOf, connectionVariables } from '@checkout/hosting';
import {
  durationMsVariable,
  type Environment,
  integerVariable,
  loadConfig,
  serviceConfigOf,
  serviceVariables,
} from '@checkout/runtime';
import { z } from 'zod';
import type { SagaPolicy } from './domain/saga-commands.ts';

const dayMs = 86_400_000;

/** How patient the saga is. */
export const sagaVariables = {
  RETRY_BASE_MS: durationMsVariable({ min: 1, max: 3_600_000, default: 1_000 }),
  RETRY_CAP_MS: durationMsVariable({ min: 1, max: dayMs, default: 60_000 }),
  STEP_TRIES: integerVariable({ min: 1, max: 1_000, default: 12 }),
  UNDO_TRIES: integerVariable({ min: 1, max: 1_000, default: 6 }),
  REVIEW_DEADLINE_MS: durationMsVariable({ min: 1, max: 365 * dayMs, default: dayMs }),
};

const variables = z.object(sagaVariables);

export function sagaPolicyOf(given: z.output<typeof variables>): SagaPolicy {
  return {
    retryBaseMs: given.RETRY_BASE_MS,
    retryCapMs: given.RETRY_CAP_MS,
    stepTries: given.STEP_TRIES,
    undoTries: given.UNDO_TRIES,
    reviewDeadlineMs: given.REVIEW_DEADLINE_MS,
  };
}

export type OrchestratorConfig = ConnectedServiceConfig & { readonly policy: SagaPolicy };

const schema = variables.extend({ ...serviceVariables({ port: 8081 }), ...connectionVariables });

/** @throws ConfigError naming every fault */
export function loadOrchestratorConfig(environment: Environment): OrchestratorConfig {
  const given = loadConfig(schema, environment);
  return { ...serviceConfigOf(given), connection: connectionConfigOf(given), policy: sagaPolicyOf(given) };
}
