import type { ApiApp, ServiceModule } from '@checkout/http';
import type { Clock, Ids, Random } from '@checkout/kernel';
import { createMetrics, type HttpClient, type Logger } from '@checkout/runtime';
import { createAnswerOperation } from './adapters/inbound/http/answer-operation.ts';
import { mountScore } from './adapters/inbound/http/bureau/score.route.ts';
import { mountBook } from './adapters/inbound/http/carrier/book.route.ts';
import { mountCancel } from './adapters/inbound/http/carrier/cancel.route.ts';
import { mountDispatch } from './adapters/inbound/http/carrier/dispatch.route.ts';
import { mountFindShipment } from './adapters/inbound/http/carrier/find-shipment.route.ts';
import { sandboxErrorCodes } from './adapters/inbound/http/error-codes.ts';
import { mountFaults } from './adapters/inbound/http/faults.routes.ts';
import { injectFaults } from './adapters/inbound/http/inject-faults.ts';
import { mountLedger } from './adapters/inbound/http/ledger.routes.ts';
import { mountAuthorize } from './adapters/inbound/http/psp/authorize.route.ts';
import { mountCapture } from './adapters/inbound/http/psp/capture.route.ts';
import { mountFindPayment } from './adapters/inbound/http/psp/find-payment.route.ts';
import { mountRefund } from './adapters/inbound/http/psp/refund.route.ts';
import { mountVoid } from './adapters/inbound/http/psp/void.route.ts';
import { createSilence } from './adapters/inbound/http/silence.ts';
import { mountTokens } from './adapters/inbound/http/tokens.routes.ts';
import { createSqliteLedger } from './adapters/outbound/ledger.sqlite.ts';
import { createJoseTokenIssuer } from './adapters/outbound/token-issuer.jose.ts';
import { createHttpWebhookSender } from './adapters/outbound/webhook-sender.http.ts';
import { createApplyOperation } from './application/apply-operation.ts';
import { createDeliverWebhooks } from './application/deliver-webhooks.ts';
import { createDueWorker } from './application/due-worker.ts';
import { createFaultDice } from './application/fault-dice.ts';
import { createFaultPanel } from './application/fault-panel.ts';
import { createLandingSignals } from './application/landing-signals.ts';
import { createPerformOperation } from './application/perform-operation.ts';
import { createReadBooks } from './application/read-books.ts';
import { createRunEffects } from './application/run-effects.ts';

export { testTokens } from './domain/test-issuer.ts';

export type SandboxConfig = {
  /** The ledger's database file, or `:memory:`; its directory is made when it is missing. */
  readonly ledgerFile: string;
  /** From dispatch to arrival, in milliseconds; 0 = before the dispatch is answered. */
  readonly deliveryMs: number;
  /** Who is told what happened, and the secret that this is signed with; a provider without a receiver tells nobody. */
  readonly webhooks: Readonly<Partial<Record<'psp' | 'carrier', { readonly url: string; readonly secret: string }>>>;
};

export type SandboxDeps = {
  readonly config: SandboxConfig;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly logger: Logger;
  /** For webhooks. Stays open when the sandbox stops. */
  readonly httpClient: HttpClient;
  /** Before each path, `/sandbox` for example; empty by default. */
  readonly basePath?: string;
};

export type SandboxService = {
  readonly module: ServiceModule;
  /** Takes up what an earlier run left: pending landings, parcels on their way, webhooks. */
  readonly start: () => Promise<void>;
  /** Drops the requests that are held without an answer, so that a server can close. */
  readonly endStreams: () => void;
  /** Lets nothing more happen by itself; requests are answered all the same. */
  readonly stop: () => Promise<void>;
  /** Closes the ledger, once nothing calls the sandbox any more. */
  readonly close: () => Promise<void>;
};

/**
 * Wires the stand-ins for the outside world: PSP, carrier and fraud bureau.
 *
 * @throws LedgerError when the ledger's file cannot be used
 */
export function composeSandbox(deps: SandboxDeps): SandboxService {
  const { config, clock, ids, random, logger, httpClient, basePath = '' } = deps;
  const metrics = createMetrics('sandbox');
  const onError = (error: unknown) => logger.error('the sandbox failed in the background', { err: error });

  const ledger = createSqliteLedger({ file: config.ledgerFile, clock });
  const sender = createHttpWebhookSender({ httpClient, clock, logger, metrics, receivers: config.webhooks });
  const panel = createFaultPanel(ledger);
  const faults = metrics.counter({
    name: 'sandbox_faults_total',
    help: 'Misfortunes that the settings and the test tokens asked for, by provider.',
    labels: ['provider', 'fault'],
  });
  const dice = createFaultDice(
    () => panel.settings(),
    random,
    (provider, fault) => faults.add({ provider, fault }),
  );
  const landings = createLandingSignals();

  const effects = createDueWorker({ clock, onError, work: () => runEffects() });
  const webhooks = createDueWorker({ clock, onError, work: () => deliverWebhooks.work() });
  const apply = createApplyOperation({
    clock,
    ids,
    dice,
    settings: () => panel.settings(),
    sender,
    deliveryMs: config.deliveryMs,
    effects,
    webhooks,
  });
  const runEffects = createRunEffects({ ledger, clock, apply, landings });
  const deliverWebhooks = createDeliverWebhooks({
    ledger,
    clock,
    sender,
    wake: () => webhooks.wake(clock.now()),
    onError,
  });
  const perform = createPerformOperation({ ledger, clock, dice, apply, landings, effects });
  const books = createReadBooks(ledger);
  const issuer = createJoseTokenIssuer({ ledger, clock, ids });

  const silence = createSilence(clock);
  const answer = createAnswerOperation(perform, dice, silence);

  const routes = (app: ApiApp) => {
    for (const provider of ['psp', 'carrier', 'bureau'] as const) {
      app.use(`${basePath}/${provider}/*`, injectFaults(provider, { clock, panel, dice, silence }));
    }
    mountAuthorize(app, basePath, answer);
    mountCapture(app, basePath, answer);
    mountVoid(app, basePath, answer);
    mountRefund(app, basePath, answer);
    mountFindPayment(app, basePath, { books, dice });
    mountBook(app, basePath, answer);
    mountDispatch(app, basePath, answer);
    mountCancel(app, basePath, answer);
    mountFindShipment(app, basePath, books);
    mountScore(app, basePath, answer);
    mountFaults(app, basePath, panel);
    mountLedger(app, basePath, books);
    mountTokens(app, basePath, issuer);
  };

  return {
    module: {
      name: 'sandbox',
      errorCodes: sandboxErrorCodes,
      metrics,
      routes,
      readiness: async () => {
        await books.totals();
        return { ready: true, checks: [{ name: 'ledger', ok: true, required: true }] };
      },
    },
    async start() {
      for (const provider of ['psp', 'carrier'] as const) {
        if (!sender.hasReceiver(provider)) logger.info('webhooks are off: no URL is set', { provider });
      }
      await panel.load();
      effects.start();
      webhooks.start();
    },
    endStreams: () => silence.end(),
    async stop() {
      await Promise.all([effects.stop(), webhooks.stop()]);
      await deliverWebhooks.settled();
    },
    close: () => ledger.close(),
  };
}
