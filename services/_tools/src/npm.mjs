import { existsSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';

const SHOWN_ERROR_LINES = 8;

/** npm's own patience with a registry that it cannot reach is over a minute, in which nothing would be seen to happen. */
export const NPM_PATIENCE = [
  '--fetch-retries=3',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=4000',
  '--fetch-timeout=60000',
];

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

/**
 * Picks what is worth reading from what npm wrote before it gave up: its first error lines, without stack frames.
 *
 * @param {string} log
 */
export const explainNpm = (log) =>
  log
    .split('\n')
    .filter((line) => /^npm (error|ERR!) (?!\s+at )\S/.test(line))
    .slice(0, SHOWN_ERROR_LINES)
    .map((line) => `  ${line}\n`)
    .join('');
