import type { ReceivedSpan } from './received-span.ts';

export type TraceNode = { readonly span: ReceivedSpan; readonly children: readonly TraceNode[] };

/** The spans of a trace by what led to what; a span whose parent is not among them is a root. */
export function traceTree(spans: readonly ReceivedSpan[]): readonly TraceNode[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const byParent = Map.groupBy(spans, ({ parentId }) =>
    parentId !== undefined && known.has(parentId) ? parentId : '',
  );
  const under = (id: string): readonly TraceNode[] =>
    (byParent.get(id) ?? [])
      .toSorted((one, other) => one.startMs - other.startMs)
      .map((span) => ({ span, children: under(span.spanId) }));
  return under('');
}

/** A line for each span: when it began after the first, how long it took, whose it is, and under it what it led to. */
export function renderTrace(spans: readonly ReceivedSpan[]): string {
  const beganMs = Math.min(...spans.map(({ startMs }) => startMs));
  const draw = ({ span, children }: TraceNode, indent: string): readonly string[] => {
    const { service, name, kind, startMs, durationMs, isFailed } = span;
    const times = `${(startMs - beganMs).toFixed(1).padStart(8)} ms ${`+${durationMs.toFixed(1)}`.padStart(8)}`;
    const line = `${times}  ${indent}${service}: ${name} (${kind}${isFailed ? ', failed' : ''})`;
    return [line, ...children.flatMap((child) => draw(child, `${indent}  `))];
  };
  return traceTree(spans)
    .flatMap((node) => draw(node, ''))
    .join('\n');
}
