import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { ReceivedSpan } from './received-span.ts';

export type SpanRecording = {
  /** Those that have ended, in the order of their ends. */
  spans(): readonly ReceivedSpan[];
  /** From now on nothing is recorded, and nothing else is registered. */
  stop(): Promise<void>;
};

/** Records the spans of this process in memory, in place of an exporter. */
export function recordSpans(options: { readonly sampler?: Sampler } = {}): SpanRecording {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ ...options, spanProcessors: [new SimpleSpanProcessor(exporter)] });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return {
    spans: () => exporter.getFinishedSpans().map(receivedOf),
    async stop() {
      trace.disable();
      context.disable();
      await provider.shutdown();
    },
  };
}

function receivedOf(span: ReadableSpan): ReceivedSpan {
  const { traceId, spanId } = span.spanContext();
  const { parentSpanContext: parent, attributes } = span;
  return {
    traceId,
    spanId,
    ...(parent !== undefined && { parentId: parent.spanId }),
    name: span.name,
    kind: SpanKind[span.kind].toLowerCase(),
    service: String(attributes['checkout.service']),
    startMs: millisecondsOf(span.startTime),
    durationMs: millisecondsOf(span.duration),
    isFailed: span.status.code === SpanStatusCode.ERROR,
    attributes,
  };
}

function millisecondsOf([seconds, nanoseconds]: readonly [number, number]): number {
  return seconds * 1_000 + nanoseconds / 1_000_000;
}
