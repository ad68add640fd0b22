import { join } from 'node:path';
import {
  ConfigError,
  type ConfigFault,
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
  const given = loadOrNameAll(environment);
  const faults = unsignedWebhooks((variable) => given[variable] !== undefined);
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

type WebhookVariable = (typeof webhookVariables)[number]['url' | 'secret'];

/** @throws ConfigError that names a missing secret besides the variables which are wrong by themselves */
function loadOrNameAll(environment: Environment) {
  try {
    return loadConfig(schema, environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const isSet = (variable: WebhookVariable) =>
      [variable, `${variable}_FILE`].some((name) => (environment[name] ?? '') !== '');
    throw new ConfigError([...error.faults, ...unsignedWebhooks(isSet)]);
  }
}

function unsignedWebhooks(isSet: (variable: WebhookVariable) => boolean): readonly ConfigFault[] {
  return webhookVariables
    .filter(({ url, secret }) => isSet(url) && !isSet(secret))
    .map(({ url, secret }) => ({ variable: secret, given: 'not set', expected: `a secret, because ${url} is set` }));
}

function receiver(provider: 'psp' | 'carrier', url: string | undefined, secret: string | undefined) {
  return url === undefined || secret === undefined ? {} : { [provider]: { url, secret } };
}
