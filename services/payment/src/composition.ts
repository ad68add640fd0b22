import { createStreams, type EventLog } from '@checkout/event-log';
import { type ServiceModule, webhookErrorCodes } from '@checkout/http';
import { type Clock, type Random, traceIdOf } from '@checkout/kernel';
import {
  type CopyDeadLetter,
  type Bus,
  createBackground,
  createConsumer,
  createStreamTimers,
  createWorkers,
  deadLetterOperations,
  describeMessaging,
  logReadiness,
  logVerification,
  observeDeadLetters,
  type Workers,
} from '@checkout/messaging';
import { createMetrics, createProviderCaller, type HttpClient, type Logger, type Metrics } from '@checkout/runtime';
import { paymentCommandHandlers } from './adapters/inbound/bus/payment-commands.consumer.ts';
import { paymentErrorCodes } from './adapters/inbound/http/error-codes.ts';
import { mountGetPayment } from './adapters/inbound/http/get-payment.route.ts';
import { mountGetReconciliation } from './adapters/inbound/http/get-reconciliation.route.ts';
import { mountPspWebhook } from './adapters/inbound/http/psp-webhook.route.ts';
import { createHttpPaymentGateway } from './adapters/outbound/payment-gateway.http.ts';
import { observeReconciliation } from './adapters/outbound/reconciliation-metrics.ts';
import { createPayments } from './application/payments.ts';
import { createReconciliation } from './application/reconcile.ts';
import type { PaymentEvent, PaymentState } from './domain/payment.ts';
import { paymentStream } from './domain/payment-view.ts';

export { paymentsTable } from './domain/payment-view.ts';

export type PaymentConfig = {
  /** The provider's base URL, without a slash at its end. */
  readonly providerUrl: string;
  /** For one try of a call, milliseconds. */
  readonly timeoutMs: number;
  /** How long an outcome may stay unknown before the payment is voided by key, milliseconds. */
  readonly unknownDeadlineMs: number;
  readonly webhookSecret: string;
};

export type PaymentDeps = {
  readonly config: PaymentConfig;
  readonly log: EventLog;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics?: Metrics | undefined;
  /** Where a bus keeps copies of what was parked. */
  readonly copyDeadLetter?: CopyDeadLetter | undefined;
  readonly httpClient: HttpClient;
};

export type PaymentService = Workers & { readonly module: ServiceModule };

/** Tries in one call: the call may take this many timeouts and the waits between them. */
const timeoutsPerCall = 4;

/** Wires the payment service: the saga's commands to a payment provider, with every outcome resolved. */
export function composePayment(deps: PaymentDeps): PaymentService {
  const { config, log, bus, clock, random, logger, httpClient } = deps;
  const { metrics = createMetrics('payment'), copyDeadLetter } = deps;
  const streams = createStreams<PaymentState, PaymentEvent>(log, paymentStream);
  const background = createBackground((error) => logger.warn('a provider call was not recorded', { err: error }));
  const { timeoutMs } = config;
  const provider = { httpClient, clock, random, logger, metrics, timeoutMs };
  const caller = createProviderCaller({ ...provider, name: 'psp' });
  const gateway = createHttpPaymentGateway({
    baseUrl: config.providerUrl,
    caller,
    lookupCaller: createProviderCaller({ ...provider, name: 'psp-lookup' }),
    clock,
    callTimeoutMs: timeoutMs * timeoutsPerCall,
    signal: background.signal,
  });
  const parked = metrics.counter({ name: 'payments_parked_total', help: 'Payments whose figures are not ours.' });
  const payments = createPayments({
    log,
    streams,
    gateway,
    lookup: gateway,
    clock,
    background,
    unknownDeadlineMs: config.unknownDeadlineMs,
    onParked({ streamId: orderId, origin }, reason) {
      parked.add();
      logger.error('payment parked', { orderId, traceId: traceIdOf(origin?.traceparent), reason });
    },
  });

  const consumer = createConsumer({
    copyDeadLetter,
    group: 'payment',
    log,
    streams,
    handlers: paymentCommandHandlers(payments),
    clock,
    logger,
    metrics,
  });
  const timers = createStreamTimers<PaymentState, PaymentEvent>({
    log,
    streams,
    clock,
    logger,
    handle: payments.timerFired,
  });

  const reconciled = observeReconciliation(metrics);
  const reconciliation = createReconciliation({
    log,
    statements: gateway,
    clock,
    onDifference({ orderId }) {
      reconciled.onDifference();
      logger.error('our ledger and the provider differ', { orderId });
    },
    onReport: reconciled.onReport,
    onError: (error) => logger.warn('reconciliation will be tried again', { err: error }),
  });
  const workers = createWorkers({ bus, consumer, timers, background });

  return {
    async start() {
      await workers.start();
      reconciliation.start();
    },
    async stop() {
      await Promise.all([workers.stop(), reconciliation.stop()]);
    },
    module: {
      name: 'payment',
      errorCodes: { ...paymentErrorCodes, ...webhookErrorCodes },
      metrics,
      readiness: logReadiness(log, clock, () => [{ name: 'psp', ok: !caller.isAway(), required: false }]),
      verifyLog: logVerification(log, paymentStream, clock),
      observe: observeDeadLetters(log, metrics),
      deadLetters: deadLetterOperations(log, consumer),
      messaging: () => describeMessaging('payment', log.identity),
      routes(app) {
        mountGetPayment(app, log);
        mountGetReconciliation(app, reconciliation);
        mountPspWebhook(app, { payments, secret: config.webhookSecret, clock });
      },
    },
  };
}
