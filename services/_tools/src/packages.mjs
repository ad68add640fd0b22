import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { capture } from './child.mjs';
import { interruptedError, LaunchError } from './launch-error.mjs';
import { explainNpm, NPM_PATIENCE } from './npm.mjs';

/** Packages for the tests and native parts of tools are wanted whatever the user's own npm settings leave out. */
const INSTALL = [
  'ci',
  '--ignore-scripts',
  '--include=dev',
  '--include=optional',
  '--no-audit',
  '--no-fund',
  ...NPM_PATIENCE,
];

/**
 * What an install is for: the same lock file on another kind of machine needs other native packages.
 *
 * @param {string | Buffer} lockText content of package-lock.json
 * @param {string} platform
 * @param {string} arch
 */
export const stampOf = (lockText, platform, arch) =>
  `${createHash('sha256').update(lockText).digest('hex')} ${platform} ${arch}`;

/**
 * Installs the locked packages, unless node_modules was made from just this lock file on this kind of machine. Of several
 * processes that call it at once one installs, and the others wait and find the work done.
 *
 * @param {object} options
 * @param {string} options.root
 * @param {string} options.cacheDir
 * @param {string} options.node the Node to run npm on
 * @param {string | undefined} options.npm
 * @param {NodeJS.ProcessEnv} options.env
 * @param {import('./progress.mjs').Progress} options.progress
 * @param {import('./install-lock.mjs').Exclusively} options.exclusively
 * @throws {LaunchError} if npm cannot install, with what to do
 */
export const ensurePackages = async ({ root, cacheDir, node, npm, env, progress, exclusively }) => {
  if (isCurrent(root)) return;
  if (npm === undefined) throw new LaunchError('npm was not found on this machine. Install it and try again.');
  await exclusively(async (alsoHeldBy) => {
    if (isCurrent(root)) return;
    rmSync(stampFile(root), { force: true });
    const wanted = wantedStamp(root);
    await progress.during('Installing packages', async () => {
      const run = await capture(node, [npm, ...INSTALL], { cwd: root, env, onStarted: alsoHeldBy });
      if (run.interruptedBy !== undefined) throw interruptedError('installing packages', run.interruptedBy);
      if (run.code !== 0) throw installFailed({ root, cacheDir, ...run });
    });
    mkdirSync(join(root, 'node_modules'), { recursive: true });
    writeFileSync(stampFile(root), wanted);
  });
};

/** @param {string} root */
const stampFile = (root) => join(root, 'node_modules', '.stamp');

/** @param {string} root */
const wantedStamp = (root) => stampOf(readFileSync(join(root, 'package-lock.json')), process.platform, process.arch);

/** @param {string} root */
const isCurrent = (root) => {
  try {
    return readFileSync(stampFile(root), 'utf8') === wantedStamp(root);
  } catch {
    return false;
  }
};

/** @param {{ root: string, cacheDir: string, code: number, stdout: string, stderr: string }} failure */
const installFailed = ({ root, cacheDir, code, stdout, stderr }) => {
  const logFile = join(cacheDir, 'install.log');
  writeFileSync(logFile, `${stdout}${stderr}`);
  return new LaunchError(
    [
      `${explainNpm(stderr)}The packages could not be installed (npm ci exited with ${code}; all it said is in ${relative(root, logFile)}).`,
      'Check the connection to the package registry and try again.',
      'If package.json was changed by hand, run "npm install --ignore-scripts" once to renew the lock file.',
    ].join('\n'),
  );
};
