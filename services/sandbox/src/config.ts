import { join } from 'node:path';
import {
  ConfigError,
  durationMsVariable,
  type Environment,
  loadConfig,
  secretVariable,
  type ServiceConfig,
  serviceConfigOf,
  serviceVariables,
  urlVariable,
} from '@checkout/runtime';
import { z } from 'zod';
import type { SandboxConfig } from './composition.ts';

export type SandboxProgramConfig = ServiceConfig & { readonly sandbox: SandboxConfig };

const minSecretCharacters = 16;

const schema = z.object({
  ...serviceVariables({ port: 8085 }),
  SANDBOX_DELIVERY_MS: durationMsVariable({ min: 0, max: 86_400_000, default: 500 }),
  PSP_WEBHOOK_URL: urlVariable({ default: undefined }),
  PSP_WEBHOOK_SECRET: secretVariable({ minCharacters: minSecretCharacters, default: undefined }),
  CARRIER_WEBHOOK_URL: urlVariable({ default: undefined }),
  CARRIER_WEBHOOK_SECRET: secretVariable({ minCharacters: minSecretCharacters, default: undefined }),
});

/** @throws ConfigError naming every fault */
export function loadSandboxConfig(environment: Environment): SandboxProgramConfig {
  const given = loadConfig(schema, environment);
  const faults = webhookVariables
    .filter(({ url, secret }) => given[url] !== undefined && given[secret] === undefined)
    .map(({ url, secret }) => ({ variable: secret, given: 'not set', expected: `a secret, because ${url} is set` }));
  if (faults.length > 0) throw new ConfigError(faults);
  const service = serviceConfigOf(given);
  return {
    ...service,
    sandbox: {
      ledgerFile: join(service.dataDir, 'sandbox.db'),
      deliveryMs: given.SANDBOX_DELIVERY_MS,
      webhooks: {
        ...receiver('psp', given.PSP_WEBHOOK_URL, given.PSP_WEBHOOK_SECRET),
        ...receiver('carrier', given.CARRIER_WEBHOOK_URL, given.CARRIER_WEBHOOK_SECRET),
      },
    },
  };
}

const webhookVariables = [
  { url: 'PSP_WEBHOOK_URL', secret: 'PSP_WEBHOOK_SECRET' },
  { url: 'CARRIER_WEBHOOK_URL', secret: 'CARRIER_WEBHOOK_SECRET' },
] as const;

function receiver(provider: 'psp' | 'carrier', url: string | undefined, secret: string | undefined) {
  return url === undefined || secret === undefined ? {} : { [provider]: { url, secret } };
}
