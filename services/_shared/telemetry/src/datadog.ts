import { AsyncLocalStorage } from 'node:async_hooks';
import { type Span, SpanKind } from '@opentelemetry/api';
import tracer from 'dd-trace';
import { registerDataStreams } from './data-streams.ts';
import { refuseSecondTracer, refuseSilence, type Telemetry, type TelemetryOptions } from './telemetry.ts';

/** Datadog counts and averages by operation; which route or message it was is the resource. */
const operations: Readonly<Record<SpanKind, string>> = {
  [SpanKind.SERVER]: 'http.server.request',
  [SpanKind.CLIENT]: 'http.client.request',
  [SpanKind.PRODUCER]: 'messaging.publish',
  [SpanKind.CONSUMER]: 'messaging.process',
  [SpanKind.INTERNAL]: 'internal',
};
/** Its types leave this out. */
type Provider = InstanceType<typeof tracer.TracerProvider> & { forceFlush(): Promise<void> };

/** The tracer says nothing of when a flush is done. */
const flushGraceMs = 500;

/**
 * Sends spans to the Datadog agent, without instrumenting anything by itself. The tracer reads `DD_...` by itself: the agent's
 * address, the sampling, and env, service and version for spans and log lines. An agent that is away costs spans, and no
 * request.
 *
 * @throws TelemetryError
 */
export function startDatadog({ service, datadogService = service, clock }: TelemetryOptions): Telemetry {
  refuseSecondTracer('datadog');
  tracer.init({ plugins: false, startupLogs: false, service: datadogService });
  const nothing = () => Promise.resolve();
  const provider = new tracer.TracerProvider({
    spanProcessors: [{ onStart: nameOperation, onEnd() {}, forceFlush: nothing, shutdown: nothing }],
  }) as Provider;
  provider.register();
  refuseSilence('datadog', (span) => '_ddSpan' in span);
  noteDataStreams();

  return {
    logCorrelation() {
      const line: Record<string, unknown> = {};
      const active = tracer.scope().active();
      // Without a span the line still says env, service and version; the types do not know.
      tracer.inject(active as NonNullable<typeof active>, 'log', line);
      return line;
    },
    async close() {
      await provider.forceFlush();
      await clock.sleep(flushGraceMs);
    },
  };
}

/**
 * Nothing is noted unless `DD_DATA_STREAMS_ENABLED` is true. Each message is noted apart: between what a service takes and what it
 * sends lies its log, and the checkpointer, which remembers in the caller's context what came last, would join messages that have
 * nothing in common but a batch.
 */
function noteDataStreams(): void {
  const apart = AsyncLocalStorage.snapshot();
  const { dataStreamsCheckpointer: checkpointer } = tracer;
  registerDataStreams({
    produced: (broker, topic, headers) => apart(() => checkpointer.setProduceCheckpoint(broker, topic, headers)),
    consumed: (broker, topic, headers) => apart(() => checkpointer.setConsumeCheckpoint(broker, topic, headers)),
  });
}

function nameOperation(span: Span & { readonly kind: SpanKind }): void {
  span.updateName(operations[span.kind]);
}
