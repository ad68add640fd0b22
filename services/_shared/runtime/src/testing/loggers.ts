import { type Logger, type LogFields, type LogLevel, safeFields, type SafeFields } from '../logger.ts';

/** A logger that says nothing. */
export function createSilentLogger(): Logger {
  const logger: Logger = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: () => {},
    child: () => logger,
  };
  return logger;
}

export type RecordedLine = { readonly level: LogLevel; readonly message: string; readonly fields: SafeFields };

/** A logger that keeps its lines, with the same allow-list as the real one, and how many fields that dropped. */
export function createRecordingLogger(): Logger & { readonly lines: readonly RecordedLine[]; droppedFields(): number } {
  const lines: RecordedLine[] = [];
  let dropped = 0;
  const onDropped = () => {
    dropped += 1;
  };
  const withFields = (inherited: SafeFields): Logger => {
    const at =
      (level: LogLevel) =>
      (message: string, fields: LogFields = {}) => {
        lines.push({ level, message, fields: { ...inherited, ...safeFields(fields, onDropped) } });
      };
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => withFields({ ...inherited, ...safeFields(fields, onDropped) }),
    };
  };
  return { ...withFields({}), lines, droppedFields: () => dropped };
}
