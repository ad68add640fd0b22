import { type ConnectedServiceConfig, connectionConfigOf, connectionVariables } from '@checkout/hosting';
import {
  type Environment,
  loadConfig,
  providerUrlVariable,
  providerVariables,
  serviceConfigOf,
  serviceVariables,
  unknownDeadlineVariable,
  webhookSecretVariable,
} from '@checkout/runtime';
import { z } from 'zod';
import type { PaymentConfig } from './composition.ts';

export type PaymentProgramConfig = ConnectedServiceConfig & { readonly payment: PaymentConfig };

const schema = z.object({
  ...serviceVariables({ port: 8083 }),
  ...connectionVariables,
  ...providerVariables,
  UNKNOWN_DEADLINE_MS: unknownDeadlineVariable(),
  PSP_URL: providerUrlVariable(),
  PSP_WEBHOOK_SECRET: webhookSecretVariable(),
});

/** @throws ConfigError naming every fault */
export function loadPaymentConfig(environment: Environment): PaymentProgramConfig {
  const given = loadConfig(schema, environment);
  return {
    ...serviceConfigOf(given),
    connection: connectionConfigOf(given),
    payment: {
      providerUrl: given.PSP_URL,
      timeoutMs: given.PROVIDER_TIMEOUT_MS,
      unknownDeadlineMs: given.UNKNOWN_DEADLINE_MS,
      webhookSecret: given.PSP_WEBHOOK_SECRET,
    },
  };
}
