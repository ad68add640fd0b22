import { reviewVariables } from '@checkout/antifraud/config';
import { sagaPolicyOf, sagaVariables } from '@checkout/orchestrator/config';
import type { SagaPolicy } from '@checkout/orchestrator';
import {
  durationMsVariable,
  type Environment,
  loadConfig,
  localUrl,
  providerVariables,
  type ServiceConfig,
  serviceConfigOf,
  serviceVariables,
  togetherVariables,
  type TokenTrust,
  unknownDeadlineVariable,
} from '@checkout/runtime';
import { testTokens } from '@checkout/sandbox';
import { z } from 'zod';
import { sandboxPath } from './sandbox-path.ts';

export type LocalConfig = ServiceConfig & {
  readonly policy: SagaPolicy;
  readonly providerTimeoutMs: number;
  readonly unknownDeadlineMs: number;
  readonly reviewTotalMinor: number | undefined;
  /** How long the sandbox's carrier takes to deliver. */
  readonly deliveryMs: number;
};

/** A laptop's own defaults: nobody else is there to be asked who they are, and nobody wants to wait. */
const schema = z.object({
  ...serviceVariables({ port: 8080, auth: 'off', hasIssuer: true, shutdownMs: 5_000, logLevel: 'warn' }),
  ...togetherVariables,
  ...providerVariables,
  ...sagaVariables,
  ...reviewVariables,
  UNKNOWN_DEADLINE_MS: unknownDeadlineVariable(20_000),
  SANDBOX_DELIVERY_MS: durationMsVariable({ min: 0, max: 86_400_000, default: 500 }),
});

/** @throws ConfigError naming every fault */
export function loadLocalConfig(environment: Environment): LocalConfig {
  const given = loadConfig(schema, environment);
  return {
    ...serviceConfigOf(given, sandboxIssuer(given)),
    policy: sagaPolicyOf(given),
    providerTimeoutMs: given.PROVIDER_TIMEOUT_MS,
    unknownDeadlineMs: given.UNKNOWN_DEADLINE_MS,
    reviewTotalMinor: given.REVIEW_TOTAL_MINOR,
    deliveryMs: given.SANDBOX_DELIVERY_MS,
  };
}

/** The platform's own sandbox, which gives any token to anybody. */
function sandboxIssuer({ HOST, PORT }: { readonly HOST: string; readonly PORT: number }): TokenTrust {
  return { ...testTokens, jwksUrl: `${localUrl(HOST, PORT)}${sandboxPath}/.well-known/jwks.json` };
}
