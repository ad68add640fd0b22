import { type ConnectedServiceConfig, connectionConfigOf, connectionVariables } from '@checkout/hosting';
import {
  type Environment,
  integerVariable,
  loadConfig,
  providerUrlVariable,
  providerVariables,
  serviceConfigOf,
  serviceVariables,
} from '@checkout/runtime';
import { z } from 'zod';
import type { AntifraudConfig } from './composition.ts';

/** `REVIEW_TOTAL_MINOR`: orders of this total or more, in minor units, go to review; unset, none does for its total. */
export const reviewVariables = {
  REVIEW_TOTAL_MINOR: integerVariable({ min: 1, max: Number.MAX_SAFE_INTEGER, default: undefined }),
};

export type AntifraudProgramConfig = ConnectedServiceConfig & { readonly antifraud: AntifraudConfig };

const schema = z.object({
  ...serviceVariables({ port: 8082 }),
  ...connectionVariables,
  ...providerVariables,
  ...reviewVariables,
  BUREAU_URL: providerUrlVariable(),
});

/** @throws ConfigError naming every fault */
export function loadAntifraudConfig(environment: Environment): AntifraudProgramConfig {
  const given = loadConfig(schema, environment);
  return {
    ...serviceConfigOf(given),
    connection: connectionConfigOf(given),
    antifraud: {
      providerUrl: given.BUREAU_URL,
      timeoutMs: given.PROVIDER_TIMEOUT_MS,
      reviewTotalMinor: given.REVIEW_TOTAL_MINOR,
    },
  };
}
