import type { Random } from '@checkout/kernel';
import type { FaultSettings } from '../domain/fault-settings.ts';
import type { Operation, Provider } from '../domain/operation.ts';
import { behaviourOf, lateTokenLandingMs } from '../domain/test-token.ts';

/** What happens to a request before its provider looks at it. */
export type RequestFault = 'none' | 'down' | 'rate-limited' | 'error';

/** When an operation takes effect. Whatever does not take effect now gets no answer. */
export type Landing =
  | { readonly kind: 'now' }
  | { readonly kind: 'later'; readonly afterMs: number }
  | { readonly kind: 'never' };

/** Draws the misfortunes that the settings ask for. */
export type FaultDice = {
  /** For each request, repeated or not. */
  requestFault(provider: Provider): RequestFault;
  queryHangs(provider: Provider): boolean;
  /** Once per idempotency key: a repeated request meets the fate of the first. */
  landing(operation: Operation): Landing;
  webhookCopies(provider: 'psp' | 'carrier'): 0 | 1 | 2;
};

export function createFaultDice(settings: () => FaultSettings, random: Random): FaultDice {
  const happens = (rate: number) => rate > 0 && random.next() < rate;
  return {
    requestFault(provider) {
      const { down, rateLimitRate, errorRate } = settings()[provider];
      if (down) return 'down';
      if (happens(rateLimitRate)) return 'rate-limited';
      return happens(errorRate) ? 'error' : 'none';
    },
    queryHangs: (provider) => happens(settings()[provider].timeoutRate),
    landing(operation) {
      if (operation.kind === 'authorize') {
        const { timing } = behaviourOf(operation.token);
        if (timing === 'lost') return { kind: 'never' };
        if (timing === 'late') return { kind: 'later', afterMs: lateTokenLandingMs };
      }
      const { timeoutRate, lateLandingMs } = settings()[operation.provider];
      return happens(timeoutRate) ? { kind: 'later', afterMs: lateLandingMs } : { kind: 'now' };
    },
    webhookCopies(provider) {
      const { webhookRate, duplicateWebhookRate } = settings()[provider];
      if (!happens(webhookRate)) return 0;
      return happens(duplicateWebhookRate) ? 2 : 1;
    },
  };
}
