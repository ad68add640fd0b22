/** Stops a timer that has not fired yet; calling it again, or after it fired, does nothing. */
export type CancelTimer = () => void;

/**
 * The only source of time for production code. `now` is Unix time in milliseconds and may jump in either direction, so
 * nothing durable is decided by comparing two processes' clocks: leases and due times use the database's clock.
 */
export type Clock = {
  /** Unix time in whole milliseconds. */
  now(): number;
  /** Milliseconds since an arbitrary origin; never goes backwards. For durations and ages only. */
  monotonic(): number;
  /** Resolves after `ms`, or at once when `signal` is aborted: a sleeper that is told to stop is not an error. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs `fire` once after `ms`. */
  setTimer(ms: number, fire: () => void): CancelTimer;
  /** Resolves after the input that is already waiting has been read: the end of this turn of the event loop. */
  nextTurn(): Promise<void>;
};
