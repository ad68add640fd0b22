import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** @type {readonly NodeJS.Signals[]} */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * @typedef {object} Ended
 * @property {number} code the child's exit code, or 128 + the number of the signal that ended it
 * @property {NodeJS.Signals | undefined} interruptedBy the first signal that this process was sent meanwhile
 */

/**
 * Starts a program and hands on the signals that ask this process to stop, so that the child stops in its own time and
 * its exit code is the answer. The child stays in this process group: a terminal's Ctrl-C reaches it directly as well,
 * and its shutdown counts signals close together as one.
 *
 * @param {string} file
 * @param {readonly string[]} args
 * @param {Pick<import('node:child_process').SpawnOptions, 'cwd' | 'env' | 'stdio'>} options
 * @returns {{ child: import('node:child_process').ChildProcess, ended: Promise<Ended> }} `ended` rejects only if the
 *   program cannot be started
 */
export const startChild = (file, args, options) => {
  const child = spawn(file, [...args], { ...options, windowsHide: true });
  /** @type {NodeJS.Signals | undefined} */
  let interruptedBy;
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    interruptedBy ??= signal;
    // On Windows the console tells the child itself, and kill() would end it at once without a shutdown.
    if (process.platform !== 'win32') child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  const release = () => {
    for (const signal of FORWARDED) process.off(signal, forward);
  };
  const ended = new Promise((resolve, reject) => {
    child.once('error', (error) => {
      release();
      reject(error);
    });
    child.once('close', (code, signal) => {
      release();
      resolve({ code: exitCodeOf(code, signal), interruptedBy });
    });
  });
  return { child, ended };
};

/**
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 */
export const exitCodeOf = (code, signal) => code ?? 128 + (signal === null ? 0 : constants.signals[signal]);

/**
 * Runs a program without a terminal and keeps what it writes.
 *
 * @param {string} file
 * @param {readonly string[]} args
 * @param {object} options
 * @param {string} options.cwd
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {(pid: number) => void} [options.onStarted]
 * @returns {Promise<Ended & { stdout: string, stderr: string }>}
 */
export const capture = async (file, args, { cwd, env = process.env, onStarted }) => {
  const { child, ended } = startChild(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  if (child.pid !== undefined) onStarted?.(child.pid);
  const written = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (chunk) => (written.stdout += chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk) => (written.stderr += chunk));
  return { ...(await ended), ...written };
};
