import { mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { startChild } from './child.mjs';
import { withInstallLock } from './install-lock.mjs';
import { ensurePackages } from './packages.mjs';
import { LaunchError, unwritable } from './launch-error.mjs';
import { bringNodeWithNpm, chooseNode, probeNode } from './node-runtime.mjs';
import { findNpm } from './npm.mjs';
import { createProgress } from './progress.mjs';

/** `node:sqlite` works and is stable enough for us; its warning on every start would only worry the reader. */
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning'];
const commandWidth = 11;

/**
 * Runs one command to its end.
 *
 * @param {object} options
 * @param {string} options.root absolute path of the repository
 * @param {Readonly<Record<string, import('./commands.mjs').Command>>} options.commands
 * @param {readonly string[]} options.argv the command's name, then arguments that are handed on untouched (`--help` too)
 * @returns {Promise<number>} the exit code for this process: the child's own, 1 if it could not be started, 2 for an
 *   unknown command
 */
export const launch = async ({ root, commands, argv }) => {
  const [name, ...args] = argv;
  if (name === undefined || !Object.hasOwn(commands, name)) return refuse(name, commands);
  const command = /** @type {import('./commands.mjs').Command} */ (commands[name]);
  try {
    const node = await prepare(root);
    const entry = join(root, ...command.entry.split('/'));
    // What was compiled once is not compiled again: a start takes half the time.
    const { ended } = startChild(node, [...NODE_FLAGS, entry, ...command.args, ...args], {
      cwd: root,
      env: { NODE_COMPILE_CACHE: join(root, '.cache', 'compiled'), ...withNodeFirst(node) },
      stdio: 'inherit',
    });
    return (await ended).code;
  } catch (error) {
    const reason = error instanceof LaunchError ? error : unwritable(error, root);
    if (reason === undefined) throw error;
    process.stderr.write(`${reason.message}\n`);
    return reason.exitCode;
  }
};

/**
 * @param {string} root
 * @returns {Promise<string>} the Node to run, with the locked packages in place
 */
const prepare = async (root) => {
  const cacheDir = join(root, '.cache');
  mkdirSync(cacheDir, { recursive: true });
  const progress = createProgress(process.stderr);
  const npm = findNpm();
  /** @type {import('./install-lock.mjs').Exclusively} */
  const exclusively = (work) => withInstallLock(join(cacheDir, 'install.lock'), work, tellWaiting);
  const node = await chooseNode({
    current: { version: process.version, path: process.execPath },
    platform: process.platform,
    arch: process.arch,
    memoryFile: join(cacheDir, 'launcher.json'),
    probe: probeNode,
    bring: (nodePackage) => bringNodeWithNpm({ npm, nodePackage, cwd: cacheDir, progress, exclusively }),
  });
  await ensurePackages({ root, cacheDir, node, npm, env: withNodeFirst(node), progress, exclusively });
  return node;
};

/** @param {readonly number[]} pids */
const tellWaiting = (pids) => {
  process.stderr.write(`Waiting for another start to finish installing (process ${pids.join(', ')}) ...\n`);
};

/**
 * Programs that start `node` by name must get the Node that was chosen, not the old one.
 *
 * @param {string} node
 * @returns {NodeJS.ProcessEnv}
 */
const withNodeFirst = (node) => {
  const pathName = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  return { ...process.env, [pathName]: [dirname(node), process.env[pathName] ?? ''].join(delimiter) };
};

/**
 * @param {string | undefined} name
 * @param {Readonly<Record<string, import('./commands.mjs').Command>>} commands
 */
const refuse = (name, commands) => {
  const asked = name === undefined || name === '--help' || name === '-h';
  const list = Object.entries(commands).map(([command, { summary }]) => `  ${command.padEnd(commandWidth)}${summary}`);
  const lines = ['Usage: node services/_tools/launch.mjs <command> [arguments]', '', ...list, ''];
  if (!asked) lines.unshift(`There is no command "${name}".`, '');
  (asked ? process.stdout : process.stderr).write(lines.join('\n'));
  return name === undefined || !asked ? 2 : 0;
};
