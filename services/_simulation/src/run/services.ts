import { composeAntifraud } from '@checkout/antifraud';
import type { ServiceName } from '@checkout/contracts';
import type { EventLog } from '@checkout/event-log';
import type { ServiceModule } from '@checkout/http';
import type { Clock, Ids, Random } from '@checkout/kernel';
import type { Bus, Workers } from '@checkout/messaging';
import { composeOrchestrator } from '@checkout/orchestrator';
import { composeOrder } from '@checkout/order';
import { composePayment } from '@checkout/payment';
import type { HttpClient, Logger } from '@checkout/runtime';
import { composeShipping } from '@checkout/shipping';

/** What a service's process has. */
export type ServiceParts = {
  readonly log: EventLog;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly logger: Logger;
  readonly httpClient: HttpClient;
};

export type SimulatedService = Workers & { readonly module: ServiceModule };

export const originOf = (name: ServiceName | 'sandbox') => `http://${name}.test`;

export const webhookSecret = 'a secret of the simulation';

const provider = (name: string) => ({ providerUrl: `${originOf('sandbox')}/${name}`, timeoutMs: 2_000 });

/** How long an outcome may stay unknown, milliseconds. */
export const unknownDeadlineMs = 20_000;

/** As in production, with a review that ends within the run. */
const policy = { retryBaseMs: 1_000, retryCapMs: 60_000, stepTries: 12, undoTries: 6, reviewDeadlineMs: 60_000 };

/** The services' own compositions, as their `main.ts` calls them. */
export const compositions: Readonly<Record<ServiceName, (parts: ServiceParts) => SimulatedService>> = {
  order: (parts) => composeOrder(parts),
  orchestrator: (parts) => composeOrchestrator({ ...parts, policy }),
  antifraud: (parts) => composeAntifraud({ ...parts, config: { ...provider('bureau'), reviewTotalMinor: undefined } }),
  payment: (parts) => composePayment({ ...parts, config: { ...provider('psp'), unknownDeadlineMs, webhookSecret } }),
  shipping: (parts) =>
    composeShipping({ ...parts, config: { ...provider('carrier'), unknownDeadlineMs, webhookSecret } }),
};
