import { UnavailableError } from '@checkout/kernel';

/**
 * Handling failed for a reason that passes: the database is away, a message is newer than this process. The consumer
 * pauses and tries again; the message is never dead-lettered for it.
 */
export class TransientError extends UnavailableError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TransientError';
  }
}

/** The message does not fit its contract: trying again would not help, so it is parked at once. */
export class UnreadableError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnreadableError';
  }
}
