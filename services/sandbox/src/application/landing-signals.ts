import type { Provider } from '../domain/operation.ts';

/** Tells requests that repeat a key when the operation of the first one has landed. */
export type LandingSignals = {
  landed(provider: Provider, key: string): Promise<void>;
  signal(provider: Provider, key: string): void;
};

/** Entries live as long as somebody may wait for a pending landing; there are never more than those. */
export function createLandingSignals(): LandingSignals {
  const waiting = new Map<string, PromiseWithResolvers<void>>();
  const nameOf = (provider: Provider, key: string) => `${provider} ${key}`;
  return {
    landed(provider, key) {
      const name = nameOf(provider, key);
      const signal = waiting.get(name) ?? Promise.withResolvers<void>();
      waiting.set(name, signal);
      return signal.promise;
    },
    signal(provider, key) {
      const name = nameOf(provider, key);
      waiting.get(name)?.resolve();
      waiting.delete(name);
    },
  };
}
