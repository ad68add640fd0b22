import type { ReceivedSpan, Receiver } from './received-span.ts';
import { openReceiver } from './receiver.ts';

/** A collector that takes OTLP traces, JSON over HTTP, and keeps them. */
export function openOtlpReceiver(): Promise<Receiver> {
  return openReceiver((path) => path === '/v1/traces', readTraces);
}

type Value = Readonly<Record<string, unknown>>;
type Attribute = { readonly key: string; readonly value: Value };
type Span = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code?: number };
};
type Traces = {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
};

/** By their numbers in the protocol. */
const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const statusError = 2;

function readTraces(body: Buffer): readonly ReceivedSpan[] {
  const { resourceSpans } = JSON.parse(body.toString()) as Traces;
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const resourceAttributes = attributesOf(resource.attributes);
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => spanOf(span, resourceAttributes)));
  });
}

function spanOf(span: Span, resource: Readonly<Record<string, unknown>>): ReceivedSpan {
  const { traceId, spanId, parentSpanId, name, startTimeUnixNano, endTimeUnixNano } = span;
  const attributes = attributesOf(span.attributes);
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentId: parentSpanId }),
    name,
    kind: kinds[span.kind] ?? String(span.kind),
    service: String(attributes['checkout.service'] ?? resource['service.name']),
    startMs: millisecondsOf(startTimeUnixNano),
    durationMs: millisecondsOf(String(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano))),
    isFailed: span.status.code === statusError,
    attributes: { ...resource, ...attributes },
  };
}

function attributesOf(attributes: readonly Attribute[]) {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

function millisecondsOf(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1_000n) / 1_000;
}
