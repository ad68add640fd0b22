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

/** What keeps a file from being written, in the words of its mending. */
const mends = {
  EACCES: 'Give this user the right to write there',
  EPERM: 'Give this user the right to write there',
  EROFS: 'Use a copy on a disk that can be written to',
  ENOSPC: 'Make room on its disk',
  EDQUOT: 'Make room on its disk',
  EEXIST: 'Something else lies there: move it away',
  ENOTDIR: 'Something else lies there: move it away',
};

/**
 * @param {unknown} error
 * @param {string} root absolute path of the repository
 * @returns {LaunchError | undefined} the reason, when a file of the repository's folder cannot be written
 */
export const unwritable = (error, root) => {
  const { code = '', path = '' } = /** @type {Partial<NodeJS.ErrnoException>} */ (error);
  if (!path.startsWith(root) || !Object.hasOwn(mends, code)) return undefined;
  const mend = mends[/** @type {keyof typeof mends} */ (code)];
  return new LaunchError(`${path} cannot be written (${code}). ${mend}, and try again.`);
};

/**
 * @param {string} activity what was going on
 * @param {NodeJS.Signals} signal
 */
export const interruptedError = (activity, signal) =>
  new LaunchError(`Stopped while ${activity}.`, exitCodeOf(null, signal));
