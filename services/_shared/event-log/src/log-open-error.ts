/** A database cannot serve as this log. The message is one line that says what to do. */
export class LogOpenError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'LogOpenError';
  }
}

/** The database is not at the schema of this build yet: a migration that runs, or will, brings it there. */
export class LogNotReadyError extends LogOpenError {
  constructor(message: string) {
    super(message);
    this.name = 'LogNotReadyError';
  }
}
