import { decode } from '@msgpack/msgpack';
import type { ReceivedSpan, Receiver } from './received-span.ts';
import { openReceiver } from './receiver.ts';

/** A Datadog agent that takes traces and keeps them. */
export function openDatadogAgent(): Promise<Receiver> {
  return openReceiver((path) => path === '/v0.4/traces', readTraces);
}

type Id = bigint | number;
type Span = {
  readonly trace_id: Id;
  readonly span_id: Id;
  readonly parent_id: Id;
  readonly name: string;
  readonly resource: string;
  readonly service: string;
  readonly error: number;
  /** Unix nanoseconds. */
  readonly start: Id;
  readonly duration: Id;
  readonly meta: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
};

function readTraces(body: Buffer): readonly ReceivedSpan[] {
  const chunks = decode(body, { useBigInt64: true }) as readonly (readonly Span[])[];
  return chunks.flatMap((spans) => {
    // The first half of the trace's id is on the first span of a chunk alone.
    const half = spans.map(({ meta }) => meta['_dd.p.tid']).find((id) => id !== undefined) ?? '0'.repeat(16);
    return spans.map((span) => spanOf(span, half));
  });
}

function spanOf(span: Span, half: string): ReceivedSpan {
  const { name, resource, meta, metrics, error } = span;
  return {
    traceId: half + hex(span.trace_id),
    spanId: hex(span.span_id),
    ...(BigInt(span.parent_id) !== 0n && { parentId: hex(span.parent_id) }),
    name: resource,
    kind: meta['span.kind'] ?? 'internal',
    service: meta['checkout.service'] ?? span.service,
    startMs: Number(BigInt(span.start) / 1_000n) / 1_000,
    durationMs: Number(BigInt(span.duration) / 1_000n) / 1_000,
    isFailed: error === 1,
    attributes: { ...meta, ...metrics, 'service.name': span.service, 'operation.name': name },
  };
}

function hex(id: Id): string {
  return BigInt.asUintN(64, BigInt(id)).toString(16).padStart(16, '0');
}
