import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** The bench's own directory, and what must not outlive it. */
export type Workspace = {
  readonly root: string;
  /** Makes an empty directory under the root. */
  directory(name: string): string;
  /** Removes one of its directories: a filled disk would slow down what comes next. */
  remove(directory: string): void;
  /** Runs `end` when the process ends before the returned function was called. `end` must be synchronous. */
  onAbruptEnd(end: () => void): () => void;
  /** Removes everything. Idempotent. */
  close(): void;
};

/** @param parent an existing directory on the disk that is to be measured */
export function createWorkspace(parent: string): Workspace {
  const root = mkdtempSync(join(parent, 'checkout-bench-'));
  const endings = new Set<() => void>();
  let made = 0;
  const close = () => {
    process.off('exit', endAbruptly);
    rmSync(root, { recursive: true, force: true });
  };
  const endAbruptly = () => {
    for (const end of endings) end();
    close();
  };
  process.on('exit', endAbruptly);
  return {
    root,
    directory(name) {
      made += 1;
      const directory = join(root, `${name}-${made}`);
      mkdirSync(directory);
      return directory;
    },
    remove: (directory) => rmSync(directory, { recursive: true, force: true }),
    onAbruptEnd(end) {
      endings.add(end);
      return () => void endings.delete(end);
    },
    close,
  };
}
