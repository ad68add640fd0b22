export { dataStreams } from './data-streams.ts';
export type { SpanAttributes, SpanDescription, WorkSpan } from './spans.ts';
export { beginPart, beginSpan, endWith } from './spans.ts';
export { startTelemetry } from './start-telemetry.ts';
export type { LogCorrelation, Telemetry, TelemetryMode, TelemetryOptions } from './telemetry.ts';
export { TelemetryError, telemetryModes } from './telemetry.ts';
