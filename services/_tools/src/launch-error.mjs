import { exitCodeOf } from './child.mjs';

/** A reason not to start that the reader can act on: its message is all that is printed, without a stack. */
export class LaunchError extends Error {
  /**
   * @param {string} message
   * @param {number} [exitCode]
   */
  constructor(message, exitCode = 1) {
    super(message);
    this.name = 'LaunchError';
    this.exitCode = exitCode;
  }
}

/**
 * @param {string} activity what was going on
 * @param {NodeJS.Signals} signal
 */
export const interruptedError = (activity, signal) =>
  new LaunchError(`Stopped while ${activity}.`, exitCodeOf(null, signal));
