/**
 * Starts one of the project's programs: `node services/_tools/launch.mjs <command> [arguments]`.
 *
 * Plain JavaScript without dependencies, because it runs before any package is installed and on a Node too old for the
 * TypeScript sources. What it does, in order: find or bring a recent Node, install the locked packages if they changed,
 * then run the command's entry file on that Node.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commands } from './src/commands.mjs';
import { launch } from './src/launch.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

process.exitCode = await launch({ root, commands, argv: process.argv.slice(2) });
