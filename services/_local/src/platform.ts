import { join } from 'node:path';
import { assessmentsTable, composeAntifraud } from '@checkout/antifraud';
import { type ServiceName, services } from '@checkout/contracts';
import type { EventLog, ReadModelTable } from '@checkout/event-log';
import type { Hosted } from '@checkout/http';
import type { Clock, Ids, Random } from '@checkout/kernel';
import { type ConnectedTogether, connectTogether, openEmbeddedLog } from '@checkout/messaging/embedded';
import { composeOrchestrator, sagasTable } from '@checkout/orchestrator';
import { composeOrder, ordersTable } from '@checkout/order';
import { composePayment, paymentsTable } from '@checkout/payment';
import { createUndiciHttpClient, type HttpClient, type Logger } from '@checkout/runtime';
import { composeSandbox } from '@checkout/sandbox';
import { composeShipping, shipmentsTable } from '@checkout/shipping';
import type { LocalConfig } from './config.ts';
import type { WebhookSecrets } from './data-directory.ts';
import { sandboxPath } from './sandbox-path.ts';

type Parts = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly loggerFor: (service: string) => Logger;
};

export type PlatformDeps = Parts & {
  readonly config: LocalConfig;
  /** Where the platform will answer: it calls its own sandbox, and the sandbox calls it back, over real HTTP. */
  readonly url: string;
  readonly secrets: WebhookSecrets;
  readonly onFatal: (error: Error) => void;
};

export type ServicesDeps = Parts & {
  readonly config: Pick<LocalConfig, 'policy' | 'providerTimeoutMs' | 'unknownDeadlineMs' | 'reviewTotalMinor'>;
  readonly httpClient: HttpClient;
  readonly connected: ConnectedTogether;
  /** The providers' origin and path: `/psp`, `/carrier` and `/bureau` are under it. */
  readonly providersUrl: string;
  readonly secrets: WebhookSecrets;
};

/**
 * All providers have one origin here. Their bulkheads (24 calls each) and the webhooks must fit beside each other, or a
 * provider that hangs would take the connections of the others.
 */
const maxConnections = 256;
/** Of the time that a shutdown may take, the share that provider calls under way may use up. */
const callShare = 0.3;

/** What each service keeps for its lists, in its own log. */
export const readModelTables: Readonly<Record<ServiceName, ReadModelTable>> = {
  order: ordersTable,
  orchestrator: sagasTable,
  antifraud: assessmentsTable,
  payment: paymentsTable,
  shipping: shipmentsTable,
};

/**
 * Wires the whole platform for one process: the services' own compositions, their logs read in memory, and the sandbox
 * behind HTTP as the providers are anywhere else.
 *
 * @throws LogOpenError, LedgerError when a database file cannot be used
 */
export function composePlatform(deps: PlatformDeps): Hosted {
  const { config, url, secrets, clock, ids, random, loggerFor, onFatal } = deps;
  const { dataDir } = config;
  const logs = Object.fromEntries(
    services.map((service) => [service, openEmbeddedLog({ dataDir, clock, ids }, service, readModelTables[service])]),
  ) as Record<ServiceName, EventLog>;
  const connected = connectTogether({ clock, logger: loggerFor('bus'), onFatal }, logs);
  const httpClient = createUndiciHttpClient({ clock, maxConnections });
  const sandbox = composeSandbox({
    clock,
    ids,
    random,
    httpClient,
    config: {
      ledgerFile: join(dataDir, 'sandbox.db'),
      deliveryMs: config.deliveryMs,
      webhooks: {
        psp: { url: `${url}/v1/webhooks/psp`, secret: secrets.psp },
        carrier: { url: `${url}/v1/webhooks/carrier`, secret: secrets.carrier },
      },
    },
    basePath: sandboxPath,
    logger: loggerFor('sandbox'),
  });
  const composed = composeServices({ ...deps, httpClient, connected, providersUrl: `${url}${sandboxPath}` });

  return {
    modules: [...composed.modules, sandbox.module],
    endStreams() {
      composed.endStreams?.();
      sandbox.endStreams();
    },
    async start() {
      await sandbox.start();
      await composed.start();
    },
    async stop() {
      const stopped = new AbortController();
      // A provider that hangs must not keep the process: its calls end as unanswered, and durable timers ask again after
      // the next start.
      const cutCalls = clock.sleep(config.shutdownMs * callShare, stopped.signal).then(() => httpClient.close());
      await Promise.all([composed.stop(), sandbox.stop()]);
      stopped.abort();
      await cutCalls;
    },
    async close() {
      await sandbox.close();
      await composed.close();
    },
  };
}

/** Wires all services for one process, with providers that are elsewhere. */
export function composeServices(deps: ServicesDeps): Hosted {
  const { config, connected, providersUrl, secrets, clock, ids, random, httpClient, loggerFor } = deps;
  const { policy, unknownDeadlineMs, reviewTotalMinor } = config;
  const common = { clock, ids, random, httpClient };
  const provider = (name: string) => ({
    providerUrl: `${providersUrl}/${name}`,
    timeoutMs: config.providerTimeoutMs,
  });
  const order = composeOrder({ ...common, ...connected.order, logger: loggerFor('order') });
  const orchestrator = composeOrchestrator({
    ...common,
    ...connected.orchestrator,
    policy,
    logger: loggerFor('orchestrator'),
  });
  const antifraud = composeAntifraud({
    ...common,
    ...connected.antifraud,
    config: { ...provider('bureau'), reviewTotalMinor },
    logger: loggerFor('antifraud'),
  });
  const payment = composePayment({
    ...common,
    ...connected.payment,
    config: { ...provider('psp'), unknownDeadlineMs, webhookSecret: secrets.psp },
    logger: loggerFor('payment'),
  });
  const shipping = composeShipping({
    ...common,
    ...connected.shipping,
    config: { ...provider('carrier'), unknownDeadlineMs, webhookSecret: secrets.carrier },
    logger: loggerFor('shipping'),
  });
  const all = [order, orchestrator, antifraud, payment, shipping];
  return {
    modules: all.map(({ module }) => module),
    endStreams: () => order.endStreams(),
    async start() {
      await Promise.all(all.map((service) => service.start()));
    },
    async stop() {
      await Promise.all(all.map((service) => service.stop()));
    },
    close: () => connected.close(),
  };
}
