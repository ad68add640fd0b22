import { existsSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';

const NPM_CLI = join('npm', 'bin', 'npm-cli.js');

/**
 * Finds npm's own script, so that it can be run on a Node of our choice and without a shell. Looked for where `npm run`
 * says it is, beside the running Node, and on the PATH, in this order; another package manager's script is passed over.
 *
 * @param {object} [where]
 * @param {NodeJS.ProcessEnv} [where.env]
 * @param {string} [where.execPath] the running Node
 * @returns {string | undefined} absolute path, or nothing if this machine has no npm
 */
export const findNpm = ({ env = process.env, execPath = process.execPath } = {}) => {
  const binDir = dirname(execPath);
  const onPath = (env['PATH'] ?? env['Path'] ?? '').split(delimiter).filter((dir) => dir !== '');
  const candidates = [
    env['npm_execpath'],
    join(binDir, '..', 'lib', 'node_modules', NPM_CLI),
    join(binDir, 'node_modules', NPM_CLI),
    ...onPath.flatMap((dir) => [join(dir, 'npm'), join(dir, 'node_modules', NPM_CLI)]),
  ];
  return candidates.map(asNpmScript).find((path) => path !== undefined);
};

/** @param {string | undefined} candidate a script, or a link to one */
const asNpmScript = (candidate) => {
  if (candidate === undefined || !existsSync(candidate)) return undefined;
  const script = realpathSync(candidate);
  return basename(script) === 'npm-cli.js' ? script : undefined;
};
