import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  isSpanContextValid,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import { isTraceparent } from '@checkout/kernel';

/** Ids, codes and figures; never what a person typed, nor anything of a card. */
export type SpanAttributes = Attributes;

export type SpanDescription = {
  /** Of few different values: a route, a type of message; never an id. */
  readonly name: string;
  readonly kind: 'server' | 'client' | 'producer' | 'consumer' | 'internal';
  /** Whose work it is. Work inside of it is the same service's, unless it says otherwise. */
  readonly service?: string;
  /** The W3C trace context of what led to it. Without one it begins a trace. */
  readonly parent?: string | undefined;
  /** What is under way here led to it, and not `parent`. */
  readonly isPart?: boolean;
  readonly attributes?: SpanAttributes;
};

/** A unit of work, while somebody records it. */
export type WorkSpan = {
  /** The W3C trace context of what this work leads to. */
  readonly traceparent: string;
  /** Calls `work`, and counts what it begins as this span's. Passes on what it gives or throws. */
  run<Result>(work: () => Result): Result;
  set(attributes: SpanAttributes): void;
  event(name: string, attributes?: SpanAttributes): void;
  /** The work did not do what it was for. */
  fail(why: string): void;
  end(): void;
};

const tracerName = 'checkout';
const serviceKey = createContextKey('checkout.service');
const serviceAttribute = 'checkout.service';
const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const satisfies Record<SpanDescription['kind'], SpanKind>;

/**
 * Begins a span, if it is recorded: telemetry is on, and the sampler takes it. Nobody describes what nobody records.
 *
 * @param describe called when telemetry is on
 */
export function beginSpan(describe: () => SpanDescription): WorkSpan | undefined {
  const tracer = registeredTracer();
  if (tracer === undefined) return undefined;
  const { name, kind, service, parent, isPart = false, attributes = {} } = describe();
  const outer = isPart ? context.active() : contextOf(parent);
  const owner = service ?? (outer.getValue(serviceKey) as string | undefined);
  const owned = owner === undefined ? attributes : { ...attributes, [serviceAttribute]: owner };
  const span = tracer.startSpan(name, { kind: kinds[kind], attributes: owned }, outer);
  if (!span.isRecording()) return undefined;
  return createWorkSpan(span, trace.setSpan(outer.setValue(serviceKey, owner), span));
}

/** Begins a span for a part of the work that is under way here, if that is recorded. */
export function beginPart(describe: () => Omit<SpanDescription, 'parent' | 'isPart'>): WorkSpan | undefined {
  if (trace.getActiveSpan()?.isRecording() !== true) return undefined;
  return beginSpan(() => ({ ...describe(), isPart: true }));
}

/** Ends the spans when the promise settles; of a rejection they say why their work came to nothing. */
export function endWith(spans: readonly WorkSpan[], settled: Promise<unknown>, whyRejected: string): void {
  const end = () => spans.forEach((span) => span.end());
  const fail = () => {
    for (const span of spans) span.fail(whyRejected);
    end();
  };
  void settled.then(end, fail);
}

/** The trace and the span of the work that is under way here, in hex. */
export function activeSpanIds(): { readonly traceId: string; readonly spanId: string } | undefined {
  const active = trace.getActiveSpan()?.spanContext();
  return active !== undefined && isSpanContextValid(active) ? active : undefined;
}

/** Without a provider the API's own tracer would still make a span, of nothing, for each piece of work. */
function registeredTracer() {
  const provider = trace.getTracerProvider();
  return provider instanceof ProxyTracerProvider
    ? provider.getDelegateTracer(tracerName)
    : provider.getTracer(tracerName);
}

function contextOf(parent: string | undefined): Context {
  if (parent === undefined || !isTraceparent(parent)) return ROOT_CONTEXT;
  const [, traceId = '', spanId = '', flags = ''] = parent.split('-');
  // Of the flags only the first is defined: the caller records, or does not.
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

function createWorkSpan(span: Span, inside: Context): WorkSpan {
  return {
    traceparent: traceparentOf(span),
    run: (work) => context.with(inside, work),
    set: (attributes) => void span.setAttributes(attributes),
    event: (name, attributes) => void span.addEvent(name, attributes),
    fail: (message) => void span.setStatus({ code: SpanStatusCode.ERROR, message }),
    end: () => span.end(),
  };
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
