/**
 * Handling failed for a reason that passes: the database is away, a message is newer than this process. The consumer
 * pauses and tries again; the message is never dead-lettered for it.
 */
export class TransientError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TransientError';
  }
}
