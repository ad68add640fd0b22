import type { Clock } from '@checkout/kernel';
import { type HttpClient, type Logger, type Metrics, signWebhook } from '@checkout/runtime';
import type { Webhook } from '../../application/ports/ledger.port.ts';
import type { WebhookSender } from '../../application/ports/webhook-sender.port.ts';

export type HttpWebhookSenderDeps = {
  readonly httpClient: HttpClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly receivers: Readonly<Partial<Record<Webhook['provider'], { readonly url: string; readonly secret: string }>>>;
};

const timeoutMs = 2_000;

/**
 * Posts webhooks as JSON, signed over id, time and body, so that a receiver can tell them from forgeries and from old ones
 * that somebody plays again. The signature is made anew for every attempt.
 */
export function createHttpWebhookSender(deps: HttpWebhookSenderDeps): WebhookSender {
  const { httpClient, clock, logger, metrics, receivers } = deps;
  const sent = metrics.counter({
    name: 'sandbox_webhooks_total',
    help: 'Attempts to deliver a webhook by provider and outcome.',
    labels: ['provider', 'outcome'],
  });
  return {
    hasReceiver: (provider) => receivers[provider] !== undefined,
    async send({ provider, ...notice }) {
      const receiver = receivers[provider];
      // Left over from a run that had a receiver.
      if (receiver === undefined) return true;
      const body = JSON.stringify(notice);
      const timestamp = String(Math.floor(clock.now() / 1000));
      const result = await httpClient.send({
        method: 'POST',
        url: receiver.url,
        headers: {
          'Content-Type': 'application/json',
          'Webhook-Id': notice.id,
          'Webhook-Timestamp': timestamp,
          'Webhook-Signature': signWebhook(receiver.secret, { id: notice.id, timestamp, body }),
        },
        body,
        timeoutMs,
      });
      const isTaken = result.kind === 'response' && result.status >= 200 && result.status < 300;
      sent.add({ provider, outcome: isTaken ? 'taken' : 'not-taken' });
      if (!isTaken) {
        const reason = result.kind === 'response' ? `status-${result.status}` : result.reason;
        logger.debug('webhook not taken', { provider, orderId: notice.reference, type: notice.type, reason });
      }
      return isTaken;
    },
  };
}
