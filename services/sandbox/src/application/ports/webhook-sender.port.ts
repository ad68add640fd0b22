import type { Webhook } from './ledger.port.ts';

/** Delivers a webhook once. `false` when the receiver did not answer 2xx: it has to be sent again. */
export type WebhookSender = {
  send(webhook: Webhook): Promise<boolean>;
  /** Whether anybody listens for this provider's webhooks. */
  hasReceiver(provider: Webhook['provider']): boolean;
};
