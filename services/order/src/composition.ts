import { type Cache, createMemoryCache } from '@checkout/cache';
import { createStreams, type EventLog } from '@checkout/event-log';
import { createEventStreams, type ServiceModule } from '@checkout/http';
import type { Clock, Ids, Random } from '@checkout/kernel';
import {
  type CopyDeadLetter,
  type Bus,
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
import { createMetrics, type Logger, type Metrics } from '@checkout/runtime';
import { sagaCommandHandlers } from './adapters/inbound/bus/saga-commands.consumer.ts';
import { mountCancelOrder } from './adapters/inbound/http/cancel-order.route.ts';
import { orderErrorCodes } from './adapters/inbound/http/error-codes.ts';
import { mountGetOrder } from './adapters/inbound/http/get-order.route.ts';
import { mountListOrders } from './adapters/inbound/http/list-orders.route.ts';
import { mountOrderEvents } from './adapters/inbound/http/order-events.route.ts';
import { mountPlaceOrder } from './adapters/inbound/http/place-order.route.ts';
import { observeOrders } from './adapters/outbound/order-metrics.ts';
import { createRequestPricing } from './adapters/outbound/pricing.request.ts';
import { createCancelOrder } from './application/cancel-order.ts';
import { createKeyRetention } from './application/key-retention.ts';
import { createOrderFeed } from './application/order-feed.ts';
import type { OrderRecord } from './application/order-record.ts';
import { createPlaceOrder } from './application/place-order.ts';
import { createOrderReads } from './application/read-orders.ts';
import { type Order, orderDecider, type OrderEvent } from './domain/order.ts';
import { orderStream } from './domain/order-view.ts';

export { ordersTable } from './domain/order-view.ts';

export type OrderDeps = {
  readonly log: EventLog;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics?: Metrics | undefined;
  /** Where a bus keeps copies of what was parked. */
  readonly copyDeadLetter?: CopyDeadLetter | undefined;
  /** For copies of orders that the instances share. Without it, each keeps its own. */
  readonly cache?: Cache<OrderRecord> | undefined;
};

export type OrderService = Workers & {
  readonly module: ServiceModule;
  /** Ends open event streams, so that a server can close. */
  endStreams(): void;
};

const maxCachedOrders = 10_000;

/** Wires the order service. The same for production, the local platform, tests and simulation: only the ports differ. */
export function composeOrder(deps: OrderDeps): OrderService {
  const { log, bus, clock, ids, random, logger, metrics = createMetrics('order'), copyDeadLetter } = deps;
  const streams = createStreams<Order, OrderEvent>(log, orderStream);
  const onError = (error: unknown) => logger.warn('a read failed', { err: error });

  const placeOrder = createPlaceOrder({ log, streams, pricing: createRequestPricing(), clock, ids });
  const cancelOrder = createCancelOrder({ log, streams });
  const { cache = createMemoryCache<OrderRecord>({ maxEntries: maxCachedOrders, clock }) } = deps;
  const reads = createOrderReads({ log, cache, random, onCacheFailure: onError });
  const feed = createOrderFeed({ log, clock, onError });
  const eventStreams = createEventStreams({ clock });

  const consumer = createConsumer({
    copyDeadLetter,
    group: 'order',
    log,
    streams,
    handlers: sagaCommandHandlers(),
    clock,
    logger,
    metrics,
  });
  const timers = createStreamTimers<Order, OrderEvent>({
    log,
    streams,
    clock,
    logger,
    handle: ({ state }) => {
      const decision = orderDecider.decide(state, { type: 'AnnounceAgain' });
      return { events: decision.ok ? decision.value : [] };
    },
  });
  const workers = createWorkers({ bus, consumer, timers });
  const retention = createKeyRetention({ log, clock, onError });

  const observations = [observeDeadLetters(log, metrics), observeOrders({ log, clock, metrics })];

  return {
    module: {
      name: 'order',
      errorCodes: orderErrorCodes,
      metrics,
      readiness: logReadiness(log, clock),
      verifyLog: logVerification(log, orderStream, clock),
      observe: async () => void (await Promise.all(observations.map((observe) => observe()))),
      deadLetters: deadLetterOperations(log, consumer),
      messaging: () => describeMessaging('order', log.identity),
      routes(app) {
        mountPlaceOrder(app, placeOrder);
        mountGetOrder(app, reads);
        mountListOrders(app, reads);
        mountCancelOrder(app, cancelOrder);
        mountOrderEvents(app, { reads, feed, streams: eventStreams });
      },
    },
    endStreams() {
      feed.stop();
      eventStreams.endAll();
    },
    async start() {
      await workers.start();
      retention.start();
    },
    async stop() {
      await Promise.all([workers.stop(), retention.stop()]);
    },
  };
}
