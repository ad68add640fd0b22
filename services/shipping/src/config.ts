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
import type { ShippingConfig } from './composition.ts';

export type ShippingProgramConfig = ConnectedServiceConfig & { readonly shipping: ShippingConfig };

const schema = z.object({
  ...serviceVariables({ port: 8084 }),
  ...connectionVariables,
  ...providerVariables,
  UNKNOWN_DEADLINE_MS: unknownDeadlineVariable(),
  CARRIER_URL: providerUrlVariable(),
  CARRIER_WEBHOOK_SECRET: webhookSecretVariable(),
});

/** @throws ConfigError naming every fault */
export function loadShippingConfig(environment: Environment): ShippingProgramConfig {
  const given = loadConfig(schema, environment);
  return {
    ...serviceConfigOf(given),
    connection: connectionConfigOf(given),
    shipping: {
      providerUrl: given.CARRIER_URL,
      timeoutMs: given.PROVIDER_TIMEOUT_MS,
      unknownDeadlineMs: given.UNKNOWN_DEADLINE_MS,
      webhookSecret: given.CARRIER_WEBHOOK_SECRET,
    },
  };
}
