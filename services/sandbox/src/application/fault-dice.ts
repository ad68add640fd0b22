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
  /** Once per idempotency key: a repeated request meets the fate of the first, unless that never arrived. */
  landing(operation: Operation): Landing;
  /** Once for each answer or webhook of the PSP that names amounts, repeated or not: how it names them. */
  amountsTold(): (amount: number) => number;
  webhookCopies(provider: 'psp' | 'carrier'): 0 | 1 | 2;
  /** For each copy. */
  webhookDelayMs(provider: 'psp' | 'carrier'): number;
};

/** What struck, as it is counted. */
type FaultName =
  | Exclude<RequestFault, 'none'>
  | 'silent'
  | 'late'
  | 'lost'
  | 'wrong-amount'
  | `webhook-${'dropped' | 'doubled' | 'delayed'}`;

/** @param struck hears of each fault */
export function createFaultDice(
  settings: () => FaultSettings,
  random: Random,
  struck: (provider: Provider, fault: FaultName) => void,
): FaultDice {
  const happens = (rate: number) => rate > 0 && random.next() < rate;
  const strike = <Fault>(provider: Provider, name: FaultName, fault: Fault): Fault => {
    struck(provider, name);
    return fault;
  };
  const later = (provider: Provider, afterMs: number): Landing => strike(provider, 'late', { kind: 'later', afterMs });
  return {
    requestFault(provider) {
      const { down, rateLimitRate, errorRate } = settings()[provider];
      if (down) return strike(provider, 'down', 'down');
      if (happens(rateLimitRate)) return strike(provider, 'rate-limited', 'rate-limited');
      return happens(errorRate) ? strike(provider, 'error', 'error') : 'none';
    },
    queryHangs: (provider) => happens(settings()[provider].timeoutRate) && strike(provider, 'silent', true),
    landing(operation) {
      const { provider } = operation;
      if (operation.kind === 'authorize') {
        const { timing } = behaviourOf(operation.token);
        if (timing === 'lost') return strike(provider, 'lost', { kind: 'never' });
        if (timing === 'late') return later(provider, lateTokenLandingMs);
      }
      const { timeoutRate, lostRate, lateLandingMs } = settings()[provider];
      if (happens(lostRate)) return strike(provider, 'lost', { kind: 'never' });
      return happens(timeoutRate) ? later(provider, lateLandingMs) : { kind: 'now' };
    },
    amountsTold() {
      if (!happens(settings().psp.wrongAmountRate)) return (amount) => amount;
      return strike('psp', 'wrong-amount', (amount: number) => anotherThan(amount, random));
    },
    webhookCopies(provider) {
      const { webhookRate, duplicateWebhookRate } = settings()[provider];
      if (!happens(webhookRate)) return strike(provider, 'webhook-dropped', 0);
      return happens(duplicateWebhookRate) ? strike(provider, 'webhook-doubled', 2) : 1;
    },
    webhookDelayMs(provider) {
      const { webhookDelayMs } = settings()[provider];
      return webhookDelayMs === 0 ? 0 : strike(provider, 'webhook-delayed', Math.floor(random.next() * webhookDelayMs));
    },
  };
}

/** Less or more, at random. */
function anotherThan(amount: number, random: Random): number {
  const other = Math.floor(random.next() * 2 * amount);
  return other === amount ? amount + 1 : other;
}
