import { createStreams, type EventLog } from '@checkout/event-log';
import { type ServiceModule, webhookErrorCodes } from '@checkout/http';
import type { Clock, Random } from '@checkout/kernel';
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
import { shippingCommandHandlers } from './adapters/inbound/bus/shipping-commands.consumer.ts';
import { mountCarrierWebhook } from './adapters/inbound/http/carrier-webhook.route.ts';
import { shippingErrorCodes } from './adapters/inbound/http/error-codes.ts';
import { mountGetShipment } from './adapters/inbound/http/get-shipment.route.ts';
import { createHttpCarrier } from './adapters/outbound/carrier.http.ts';
import { reportMissingParcels } from './adapters/outbound/missing-parcels.ts';
import { createShipments } from './application/shipments.ts';
import type { Shipment, ShipmentEvent } from './domain/shipment.ts';
import { shipmentStream } from './domain/shipment-view.ts';

export { shipmentsTable } from './domain/shipment-view.ts';

export type ShippingConfig = {
  /** The carrier's base URL, without a slash at its end. */
  readonly providerUrl: string;
  /** For one try of a call, milliseconds. */
  readonly timeoutMs: number;
  /** How long a booking's outcome may stay unknown before it is cancelled by key, milliseconds. */
  readonly unknownDeadlineMs: number;
  readonly webhookSecret: string;
};

export type ShippingDeps = {
  readonly config: ShippingConfig;
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

export type ShippingService = Workers & { readonly module: ServiceModule };

/** Tries in one call: the call may take this many timeouts and the waits between them. */
const timeoutsPerCall = 4;

/** Wires the shipping service: the saga's commands to a carrier, with every parcel followed to its end. */
export function composeShipping(deps: ShippingDeps): ShippingService {
  const { config, log, bus, clock, random, logger, httpClient } = deps;
  const { metrics = createMetrics('shipping'), copyDeadLetter } = deps;
  const { timeoutMs, unknownDeadlineMs } = config;
  const streams = createStreams<Shipment, ShipmentEvent>(log, shipmentStream);
  const background = createBackground((error) => logger.warn('a carrier call was not recorded', { err: error }));
  const caller = createProviderCaller({ name: 'carrier', httpClient, clock, random, logger, metrics, timeoutMs });
  const carrier = createHttpCarrier({
    baseUrl: config.providerUrl,
    caller,
    clock,
    callTimeoutMs: timeoutMs * timeoutsPerCall,
    signal: background.signal,
  });
  const shipments = createShipments({ log, streams, carrier, clock, background, unknownDeadlineMs });

  reportMissingParcels({ log, logger, metrics });

  const consumer = createConsumer({
    copyDeadLetter,
    group: 'shipping',
    log,
    streams,
    handlers: shippingCommandHandlers(shipments),
    clock,
    logger,
    metrics,
  });
  const timers = createStreamTimers<Shipment, ShipmentEvent>({
    log,
    streams,
    clock,
    logger,
    handle: shipments.timerFired,
  });

  return {
    ...createWorkers({ bus, consumer, timers, background }),
    module: {
      name: 'shipping',
      errorCodes: { ...shippingErrorCodes, ...webhookErrorCodes },
      metrics,
      readiness: logReadiness(log, clock, () => [{ name: 'carrier', ok: !caller.isAway(), required: false }]),
      verifyLog: logVerification(log, shipmentStream, clock),
      observe: observeDeadLetters(log, metrics),
      deadLetters: deadLetterOperations(log, consumer),
      messaging: () => describeMessaging('shipping', log.identity),
      routes(app) {
        mountGetShipment(app, log);
        mountCarrierWebhook(app, { shipments, secret: config.webhookSecret, clock });
      },
    },
  };
}
