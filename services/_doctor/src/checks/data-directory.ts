import { existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Check, faulty, type Finding, ok } from '../finding.ts';

const megabyte = 2 ** 20;
const brokenBelow = 100 * megabyte;
const warningBelow = 1_024 * megabyte;
const about = 'data directory';

export function dataDirectoryCheck(directory: string): Check {
  return { about, run: async () => lookAt(resolve(directory)) };
}

/** @param freeBytes of the disk, for this user */
export function judgeSpace(directory: string, freeBytes: number): Finding {
  const free = `${Math.floor(freeBytes / megabyte).toLocaleString('en')} MB free`;
  if (freeBytes >= warningBelow) return ok(about, `${directory} can be written to, ${free}`);
  const state = freeBytes < brokenBelow ? 'broken' : 'warning';
  return faulty(about, state, `${directory} has only ${free}`, 'make room, or set DATA_DIR to a larger disk');
}

/** A directory that is not there yet will be made in the nearest one that is. */
function lookAt(directory: string): readonly Finding[] {
  const present = nearest(directory);
  try {
    const trial = mkdtempSync(join(present, '.doctor-'));
    try {
      writeFileSync(join(trial, 'trial'), 'written by npm run doctor\n');
    } finally {
      rmSync(trial, { recursive: true });
    }
  } catch (error) {
    const says = `${present} cannot be written to: ${(error as Error).message}`;
    return [faulty(about, 'broken', says, 'give this user the right to write there, or set DATA_DIR')];
  }
  const { bavail, bsize } = statfsSync(present);
  return [judgeSpace(directory, bavail * bsize)];
}

function nearest(directory: string): string {
  return existsSync(directory) || dirname(directory) === directory ? directory : nearest(dirname(directory));
}
