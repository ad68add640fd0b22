/** How a provider misbehaves. Rates are shares between 0 and 1. */
export type ProviderFaults = {
  /** Share of new requests that get no answer and take effect `lateLandingMs` later; of queries, that just hang. */
  readonly timeoutRate: number;
  /** Share of requests that get no answer and never happened: a repeated one is a new one. */
  readonly lostRate: number;
  /** Share of requests that get a 500 before anything happens. */
  readonly errorRate: number;
  /** Share of requests that get a 429 before anything happens. */
  readonly rateLimitRate: number;
  /** Added to every answer, in milliseconds. */
  readonly latencyMs: number;
  readonly lateLandingMs: number;
  /** Resets every connection. */
  readonly down: boolean;
};

export type NotifyingFaults = ProviderFaults & {
  /** Share of webhooks that are sent at all. */
  readonly webhookRate: number;
  /** Share of webhooks that are sent twice. */
  readonly duplicateWebhookRate: number;
  /** A webhook sets out up to so many milliseconds late, each at random, so that a later one overtakes it. */
  readonly webhookDelayMs: number;
};

export type PspFaults = NotifyingFaults & {
  /** Voids and refunds of `tok_void_fails` answer 500. */
  readonly voidFails: boolean;
  /** Share of answers and webhooks that name other amounts than the books have. */
  readonly wrongAmountRate: number;
};

export type FaultSettings = {
  readonly psp: PspFaults;
  readonly carrier: NotifyingFaults;
  readonly bureau: ProviderFaults;
};

/** Any part of the settings, for a change. */
export type FaultChange = { readonly [Provider in keyof FaultSettings]?: Partial<FaultSettings[Provider]> };

const noFaults: ProviderFaults = {
  timeoutRate: 0,
  lostRate: 0,
  errorRate: 0,
  rateLimitRate: 0,
  latencyMs: 0,
  lateLandingMs: 0,
  down: false,
};

const allWebhooks = { webhookRate: 1, duplicateWebhookRate: 0, webhookDelayMs: 0 } as const;

export const defaultFaults: FaultSettings = {
  psp: { ...noFaults, ...allWebhooks, voidFails: true, wrongAmountRate: 0 },
  carrier: { ...noFaults, ...allWebhooks },
  bureau: noFaults,
};

export function changeFaults(settings: FaultSettings, change: FaultChange): FaultSettings {
  return {
    psp: { ...settings.psp, ...change.psp },
    carrier: { ...settings.carrier, ...change.carrier },
    bureau: { ...settings.bureau, ...change.bureau },
  };
}
