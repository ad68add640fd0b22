import { backoffMs, type Clock } from '@checkout/kernel';
import type { Due, Ledger, Webhook } from './ports/ledger.port.ts';
import type { WebhookSender } from './ports/webhook-sender.port.ts';

/** Requests to receivers under way at once. */
const maxInFlight = 16;
const retryBaseMs = 500;
const retryCapMs = 30_000;

export type DeliverWebhooks = {
  /** Starts sending what is due; the work of the webhooks' `DueWorker`. */
  work(): Promise<number | undefined>;
  /** Resolves when nothing is being sent. */
  settled(): Promise<void>;
};

/**
 * Sends each webhook until its receiver takes it: at least once, in no order, also across restarts.
 *
 * @param wake looks at the queue again; called when a send has ended and there is room for another
 */
export function createDeliverWebhooks(deps: {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly sender: WebhookSender;
  readonly wake: () => void;
  readonly onError: (error: unknown) => void;
}): DeliverWebhooks {
  const { ledger, clock, sender, wake, onError } = deps;
  const inFlight = new Map<number, Promise<void>>();

  const deliver = async ({ seq, item, attempts }: Due<Webhook>) => {
    const isTaken = await sender.send(item);
    await ledger.transact(({ webhooks }) => {
      if (isTaken) webhooks.remove(seq);
      else webhooks.postpone(seq, clock.now() + backoffMs(attempts + 1, retryBaseMs, retryCapMs, item.id));
    });
  };

  return {
    async work() {
      const nowMs = clock.now();
      const { due, nextDueMs = 0 } = await ledger.transact(({ webhooks }) => ({
        due: webhooks.due(nowMs, 2 * maxInFlight),
        nextDueMs: webhooks.nextDueMs(),
      }));
      const waiting = due.filter(({ seq }) => !inFlight.has(seq));
      for (const webhook of waiting.slice(0, maxInFlight - inFlight.size)) {
        const sending = deliver(webhook)
          .catch(onError)
          .finally(() => {
            inFlight.delete(webhook.seq);
            wake();
          });
        inFlight.set(webhook.seq, sending);
      }
      // Something overdue is being sent, or waits for a send to end: that wakes this work again.
      return nextDueMs > nowMs ? nextDueMs : undefined;
    },
    async settled() {
      await Promise.all(inFlight.values());
    },
  };
}
