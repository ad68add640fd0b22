import type { Clock } from '@checkout/kernel';
import { ProxyTracerProvider, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api';

export const telemetryModes = ['off', 'otel', 'datadog'] as const;
export type TelemetryMode = (typeof telemetryModes)[number];

/** What ties a log line to the trace that it belongs to, by the names that the mode's tools look for. */
export type LogCorrelation = () => Readonly<Record<string, unknown>>;

export type Telemetry = {
  /** Without telemetry, lines have nothing to be tied to. */
  readonly logCorrelation?: LogCorrelation;
  /** Hands over what is recorded, in `flushMs` at the most; what is not gone by then is lost. Never throws. */
  close(): Promise<void>;
};

export type TelemetryOptions = {
  /** What the process is called when no standard variable says it. */
  readonly service: string;
  /** `DD_SERVICE`, which the tracer would take for less than what it is told. */
  readonly datadogService?: string | undefined;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Hears what the exporter could not do. Work goes on all the same. */
  readonly onTrouble: (trouble: string) => void;
};

/** Of a shutdown, milliseconds. */
export const flushMs = 1_500;

/** Telemetry was asked for and would record nothing. One line that says what to do. */
export class TelemetryError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TelemetryError';
  }
}

/** @throws TelemetryError when this process has a tracer already: two would each have half of a trace */
export function refuseSecondTracer(mode: Exclude<TelemetryMode, 'off'>): void {
  const provider = trace.getTracerProvider();
  if (provider instanceof ProxyTracerProvider && provider.getDelegateTracer('self-test') === undefined) return;
  throw new TelemetryError(
    `TELEMETRY=${mode} finds another tracer in this process: take what preloads it out of NODE_OPTIONS, or set TELEMETRY=off.`,
  );
}

/**
 * A provider that is not the global one is silent and fails nowhere: spans are made by the API's own tracer, and are gone.
 *
 * @param isOurs also of a span that the sampler leaves out
 * @throws TelemetryError unless what the API starts is a span of the provider
 */
export function refuseSilence(mode: Exclude<TelemetryMode, 'off'>, isOurs: (span: Span) => boolean): void {
  const span = trace.getTracer('self-test').startSpan('self-test', {}, ROOT_CONTEXT);
  if (isOurs(span)) return;
  throw new TelemetryError(
    `TELEMETRY=${mode} would record nothing: see that \`npm ls @opentelemetry/api\` shows one version and that no variable ` +
      'turns tracing off, or set TELEMETRY=off.',
  );
}
