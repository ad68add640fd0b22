import type { LogCorrelation } from '@checkout/telemetry';
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import { type Logger, type LogLevel, safeFields } from './logger.ts';
import type { Metrics } from './metrics.ts';

/**
 * A logger that writes JSON lines: `level` as a word, `time` in ISO 8601, `service`, `message` and the allowed fields.
 * Dropped fields are counted in `log_fields_dropped_total`.
 *
 * @param correlation ties each line to the trace that it belongs to
 * @param destination where the lines go; standard output by default, written synchronously, so that the last line before
 *   an exit is not lost
 */
export function createLogger(options: {
  readonly service: string;
  readonly level: LogLevel;
  readonly metrics: Metrics;
  readonly correlation?: LogCorrelation | undefined;
  readonly destination?: DestinationStream;
}): Logger {
  const dropped = options.metrics.counter({
    name: 'log_fields_dropped_total',
    help: 'Log fields that were not on the allow-list and were left out.',
  });
  const root = pino(
    {
      level: options.level,
      messageKey: 'message',
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error: unknown) => error },
      ...(options.correlation && { mixin: options.correlation }),
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
  return wrap(root, () => dropped.add());
}

function wrap(inner: PinoLogger, onDropped: () => void): Logger {
  const at =
    (level: LogLevel): Logger['info'] =>
    (message, fields = {}) => {
      if (inner.isLevelEnabled(level)) inner[level](safeFields(fields, onDropped), message);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => wrap(inner.child(safeFields(fields, onDropped)), onDropped),
  };
}
