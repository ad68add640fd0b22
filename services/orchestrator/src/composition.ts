import { createStreams, type EventLog, type Loaded } from '@checkout/event-log';
import type { ServiceModule } from '@checkout/http';
import { type Clock, traceIdOf } from '@checkout/kernel';
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
import { checkoutHandlers } from './adapters/inbound/bus/checkout.consumer.ts';
import { orchestratorErrorCodes } from './adapters/inbound/http/error-codes.ts';
import { mountGetSaga } from './adapters/inbound/http/get-saga.route.ts';
import { mountListSagas } from './adapters/inbound/http/list-sagas.route.ts';
import { mountSettleSaga } from './adapters/inbound/http/settle-saga.routes.ts';
import { observeSagas } from './adapters/outbound/saga-metrics.ts';
import { createSagaReads } from './application/read-sagas.ts';
import { createSettleSaga } from './application/settle-saga.ts';
import { createSagaDecider } from './domain/saga.ts';
import type { SagaPolicy } from './domain/saga-commands.ts';
import type { SagaEvent } from './domain/saga-events.ts';
import type { Saga } from './domain/saga-state.ts';
import { sagaStream } from './domain/saga-stream.ts';

export { sagasTable } from './domain/saga-stream.ts';
export type { SagaPolicy } from './domain/saga-commands.ts';

export type OrchestratorDeps = {
  readonly policy: SagaPolicy;
  readonly log: EventLog;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: Metrics | undefined;
  /** Where a bus keeps copies of what was parked. */
  readonly copyDeadLetter?: CopyDeadLetter | undefined;
};

export type OrchestratorService = Workers & { readonly module: ServiceModule };

/** Wires the orchestrator: the checkout saga, its timers and its operators' actions. */
export function composeOrchestrator(deps: OrchestratorDeps): OrchestratorService {
  const { policy, log, bus, clock, logger, metrics = createMetrics('orchestrator'), copyDeadLetter } = deps;
  const streams = createStreams<Saga, SagaEvent>(log, sagaStream);
  const decider = createSagaDecider(policy);
  const alarms = metrics.counter({
    name: 'saga_alerts_total',
    help: 'Sagas that a person should look at, by why.',
    labels: ['code'],
  });
  const alert = ({ streamId: orderId, origin }: Loaded<Saga>, code: string, reason: string) => {
    alarms.add({ code });
    logger.error('saga needs attention', { orderId, traceId: traceIdOf(origin?.traceparent), code, reason });
  };

  const consumer = createConsumer({
    copyDeadLetter,
    group: 'orchestrator',
    log,
    streams,
    handlers: checkoutHandlers(decider, {
      anomaly: (saga, code) => alert(saga, code, code),
      operatorNeeded: (saga, reason) => alert(saga, 'needs-operator', reason),
    }),
    clock,
    logger,
    metrics,
  });
  const timers = createStreamTimers<Saga, SagaEvent>({
    log,
    streams,
    clock,
    logger,
    handle(loaded, timer) {
      const decision = decider.decide(loaded.state, { type: 'TimerFired', kind: timer.kind, orderId: loaded.streamId });
      return { events: decision.ok ? decision.value : [] };
    },
  });
  const reads = createSagaReads({ log });
  const settle = createSettleSaga({ log, streams, decider, clock });
  const observations = [observeDeadLetters(log, metrics), observeSagas(log, metrics)];

  return {
    ...createWorkers({ bus, consumer, timers }),
    module: {
      name: 'orchestrator',
      errorCodes: orchestratorErrorCodes,
      metrics,
      readiness: logReadiness(log, clock),
      verifyLog: logVerification(log, sagaStream, clock),
      observe: async () => void (await Promise.all(observations.map((observe) => observe()))),
      deadLetters: deadLetterOperations(log, consumer),
      messaging: () => describeMessaging('orchestrator', log.identity),
      routes(app) {
        mountGetSaga(app, reads);
        mountListSagas(app, reads);
        mountSettleSaga(app, { settle, reads });
      },
    },
  };
}
