import { context, diag, DiagLogLevel, isSpanContextValid, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { activeSpanIds } from './spans.ts';
import { flushMs, refuseSecondTracer, refuseSilence, type Telemetry, type TelemetryOptions } from './telemetry.ts';

/**
 * Sends spans to a collector by OTLP, JSON over HTTP. The SDK reads `OTEL_EXPORTER_OTLP_*`, `OTEL_TRACES_SAMPLER`, `OTEL_BSP_*`,
 * `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` by itself. A collector that is away costs spans, and no request.
 *
 * @throws TelemetryError
 */
export function startOpenTelemetry({ service, clock, onTrouble }: TelemetryOptions): Telemetry {
  refuseSecondTracer('otel');
  const ignore = () => {};
  const logger = { error: onTrouble, warn: onTrouble, info: ignore, debug: ignore, verbose: ignore };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': service }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  refuseSilence('otel', (span) => isSpanContextValid(span.spanContext()));

  return {
    logCorrelation() {
      const ids = activeSpanIds();
      return ids === undefined ? {} : { trace_id: ids.traceId, span_id: ids.spanId };
    },
    async close() {
      const waiting = new AbortController();
      const late = clock.sleep(flushMs, waiting.signal);
      const flushed = provider.shutdown().catch((error: unknown) => onTrouble(String(error)));
      await Promise.race([flushed, late]);
      waiting.abort();
    },
  };
}
