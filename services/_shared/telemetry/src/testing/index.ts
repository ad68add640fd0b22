export { openDatadogAgent } from './datadog-agent.ts';
export { openOtlpReceiver } from './otlp-receiver.ts';
export type { ReceivedSpan, Receiver } from './received-span.ts';
export { renderTrace, type TraceNode, traceTree } from './trace-tree.ts';
export { recordSpans, type SpanRecording } from './record-spans.ts';
