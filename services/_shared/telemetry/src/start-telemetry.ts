import type { Telemetry, TelemetryMode, TelemetryOptions } from './telemetry.ts';

/**
 * Begins to record what the process does, or nothing. Loads only what the mode needs, and the modes exclude each other. Where
 * it goes, what is recorded of it and what the process is called is said by the standard variables: `OTEL_...` or `DD_...`.
 *
 * @throws TelemetryError when nothing would be recorded
 */
export async function startTelemetry(mode: TelemetryMode, options: TelemetryOptions): Promise<Telemetry> {
  switch (mode) {
    case 'off':
      return { close: () => Promise.resolve() };
    case 'otel': {
      const { startOpenTelemetry } = await import('./open-telemetry.ts');
      return startOpenTelemetry(options);
    }
    case 'datadog': {
      const { startDatadog } = await import('./datadog.ts');
      return startDatadog(options);
    }
    default: {
      const unknown: never = mode;
      throw new Error(`no telemetry is called ${String(unknown)}`);
    }
  }
}
