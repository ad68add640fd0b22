import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { withInstallLock } from './install-lock.mjs';
import { findNpm } from './npm.mjs';
import { ensurePackages } from './packages.mjs';

/**
 * Installs the locked packages of a folder outside the workspaces into that folder, unless they are there already.
 *
 * @param {string} root absolute path; holds package.json and package-lock.json
 * @param {import('./progress.mjs').Progress} progress
 * @throws {import('./launch-error.mjs').LaunchError} if npm cannot install, with what to do
 */
export const installPackages = async (root, progress) => {
  const cacheDir = join(root, '.cache');
  mkdirSync(cacheDir, { recursive: true });
  await ensurePackages({
    root,
    cacheDir,
    node: process.execPath,
    npm: findNpm(),
    env: process.env,
    progress,
    exclusively: (work) => withInstallLock(join(cacheDir, 'install.lock'), work),
  });
};
