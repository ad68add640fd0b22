/** A database cannot serve as this log. The message is one line that says what to do. */
export class LogOpenError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'LogOpenError';
  }
}
