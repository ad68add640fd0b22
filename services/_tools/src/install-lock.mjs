import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 250;
const HEARTBEAT_MS = 2_000;

/** A holder that has not touched its lock for so long is gone, even if its process id now belongs to another. */
const SILENCE_MS = 30_000;

/** Longer than two processes that both found the same dead lock can need to replace it; see {@link withInstallLock}. */
const SETTLE_MS = 200;

/** @typedef {{ token: string, host: string, pids: number[] }} Holder */

/** @typedef {<T>(work: (alsoHeldBy: (pid: number) => void) => Promise<T>) => Promise<T>} Exclusively */

/**
 * Does `work` while no other process does work under the same lock file. Waits for a living holder, however long it
 * takes; takes over from a dead one.
 *
 * The lock names the processes that work under it, because an installer may outlive the launcher that started it. Two
 * processes may find the same dead lock and one may then remove the other's new one, so a lock counts only once it is
 * still there, unchanged, after SETTLE_MS.
 *
 * @template T
 * @param {string} file
 * @param {(alsoHeldBy: (pid: number) => void) => Promise<T>} work
 * @param {(pids: readonly number[]) => void} [onWait] called once if there is somebody to wait for
 * @returns {Promise<T>}
 */
export const withInstallLock = async (file, work, onWait = () => {}) => {
  const holder = await acquire(file, onWait);
  const heartbeat = setInterval(() => touch(file), HEARTBEAT_MS);
  try {
    return await work((pid) => {
      holder.pids.push(pid);
      // Written aside and renamed: whoever reads the lock meanwhile sees the old text or the new one.
      writeFileSync(`${file}.${process.pid}`, JSON.stringify(holder));
      renameSync(`${file}.${process.pid}`, file);
    });
  } finally {
    clearInterval(heartbeat);
    if (read(file)?.token === holder.token) rmSync(file, { force: true });
  }
};

/**
 * @param {string} file
 * @param {(pids: readonly number[]) => void} onWait
 * @returns {Promise<Holder>}
 */
const acquire = async (file, onWait) => {
  const mine = { token: randomUUID(), host: hostname(), pids: [process.pid] };
  let told = false;
  for (;;) {
    if (create(file, mine)) {
      await sleep(SETTLE_MS);
      if (read(file)?.token === mine.token) return mine;
      continue;
    }
    if (isHeld(file)) {
      if (!told) onWait(read(file)?.pids ?? []);
      told = true;
      await sleep(POLL_MS);
    } else {
      rmSync(file, { force: true });
    }
  }
};

/**
 * @param {string} file
 * @param {Holder} holder
 */
const create = (file, holder) => {
  try {
    writeFileSync(file, JSON.stringify(holder), { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
};

/** @param {string} file */
const isHeld = (file) => {
  const silentMs = silence(file);
  if (silentMs === undefined || silentMs > SILENCE_MS) return false;
  const holder = read(file);
  // Unreadable yet: it is being written, or its writer died doing so; silence will tell. Another machine's process ids
  // (a container on the same folder) mean nothing here; silence will tell, too.
  if (holder === undefined || holder.host !== hostname()) return true;
  return holder.pids.some((pid) => pid !== process.pid && isAlive(pid));
};

/**
 * @param {string} file
 * @returns {Holder | undefined}
 */
const read = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
};

/**
 * @param {string} file
 * @returns {number | undefined} milliseconds since the last sign of life; nothing if there is no lock
 */
const silence = (file) => {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch {
    return undefined;
  }
};

/** @param {string} file */
const touch = (file) => {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // Somebody removed the lock by hand: nothing to keep alive, and the install itself must go on.
  }
};

/** @param {number} pid */
const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
};
