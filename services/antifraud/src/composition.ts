import { createStreams, type EventLog } from '@checkout/event-log';
import type { ServiceModule } from '@checkout/http';
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
import { fraudCommandHandlers } from './adapters/inbound/bus/fraud-commands.consumer.ts';
import { antifraudErrorCodes } from './adapters/inbound/http/error-codes.ts';
import { mountReviews } from './adapters/inbound/http/reviews.routes.ts';
import { createHttpFraudBureau } from './adapters/outbound/fraud-bureau.http.ts';
import { createAssessFraud } from './application/assess-fraud.ts';
import { createReviews } from './application/review-order.ts';
import type { Assessment, AssessmentEvent } from './domain/assessment.ts';
import { assessmentStream } from './domain/assessment-view.ts';
import type { FraudRules } from './domain/fraud-rules.ts';

export { assessmentsTable } from './domain/assessment-view.ts';

export type AntifraudConfig = FraudRules & {
  /** The bureau's base URL, without a slash at its end. */
  readonly providerUrl: string;
  /** For one try of a call, milliseconds. */
  readonly timeoutMs: number;
};

export type AntifraudDeps = {
  readonly config: AntifraudConfig;
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

export type AntifraudService = Workers & { readonly module: ServiceModule };

/** Tries in one call: the call may take this many timeouts and the waits between them. */
const timeoutsPerCall = 4;

/** Wires the antifraud service: our rules and a fraud bureau's score, and the people who decide in doubt. */
export function composeAntifraud(deps: AntifraudDeps): AntifraudService {
  const { config, log, bus, clock, random, logger, httpClient } = deps;
  const { metrics = createMetrics('antifraud'), copyDeadLetter } = deps;
  const { timeoutMs } = config;
  const streams = createStreams<Assessment, AssessmentEvent>(log, assessmentStream);
  const background = createBackground((error) => logger.warn('a score was not recorded', { err: error }));
  const caller = createProviderCaller({ name: 'bureau', httpClient, clock, random, logger, metrics, timeoutMs });
  const bureau = createHttpFraudBureau({
    baseUrl: config.providerUrl,
    caller,
    clock,
    callTimeoutMs: timeoutMs * timeoutsPerCall,
    signal: background.signal,
  });
  const assessFraud = createAssessFraud({ log, streams, bureau, rules: config, clock, background });
  const reviews = createReviews({ log, streams });

  const consumer = createConsumer({
    copyDeadLetter,
    group: 'antifraud',
    log,
    streams,
    handlers: fraudCommandHandlers(assessFraud),
    clock,
    logger,
    metrics,
  });
  const timers = createStreamTimers<Assessment, AssessmentEvent>({
    log,
    streams,
    clock,
    logger,
    handle: assessFraud.timerFired,
  });

  return {
    ...createWorkers({ bus, consumer, timers, background }),
    module: {
      name: 'antifraud',
      errorCodes: antifraudErrorCodes,
      metrics,
      readiness: logReadiness(log, clock, () => [{ name: 'bureau', ok: !caller.isAway(), required: false }]),
      verifyLog: logVerification(log, assessmentStream, clock),
      observe: observeDeadLetters(log, metrics),
      deadLetters: deadLetterOperations(log, consumer),
      messaging: () => describeMessaging('antifraud', log.identity),
      routes: (app) => mountReviews(app, reviews),
    },
  };
}
