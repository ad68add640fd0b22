/**
 * The only field names that reach a log line. Anything else is dropped and counted, so that a payload, a name, an address
 * or a token cannot slip in by a spread object: what may be logged is listed, not what may not.
 */
export const logFieldNames = [
  'attempt',
  'causeId',
  'code',
  'component',
  'count',
  'durationMs',
  'group',
  'host',
  'messageId',
  'method',
  'operation',
  'orderId',
  'outcome',
  'partition',
  'path',
  'port',
  'position',
  'provider',
  'reason',
  'requestId',
  'route',
  'signal',
  'state',
  'status',
  'step',
  'topic',
  'traceId',
  'type',
  'version',
] as const;

export type LogFieldName = (typeof logFieldNames)[number];

/** Identifiers, codes and counts; of `err` only name, message and stack are written. Never personal data. */
export type LogFields = { readonly [Name in LogFieldName]?: string | number | boolean | null | undefined } & {
  readonly err?: unknown;
};

/** Writes one structured line per call. Never throws and never waits for the reader of the lines. */
export type Logger = {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to each of its lines. */
  child(fields: LogFields): Logger;
};

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type SafeFields = Readonly<Record<string, unknown>>;

/** Longest value of one field; a longer one is cut. */
const maxFieldCharacters = 1024;
const maxStackCharacters = 8192;
const allowed: ReadonlySet<string> = new Set(logFieldNames);

/** Keeps what the allow-list names, cuts long texts, and reports each dropped field to `onDropped`. */
export function safeFields(fields: LogFields, onDropped: () => void): SafeFields {
  const safe: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (name === 'err') safe['err'] = describeError(value);
    else if (!allowed.has(name) || typeof value === 'object') onDropped();
    else safe[name] = typeof value === 'string' ? value.slice(0, maxFieldCharacters) : value;
  }
  return safe;
}

function describeError(error: unknown): SafeFields {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error).slice(0, maxFieldCharacters) };
  return {
    name: error.name,
    message: error.message.slice(0, maxFieldCharacters),
    stack: error.stack?.slice(0, maxStackCharacters),
  };
}
