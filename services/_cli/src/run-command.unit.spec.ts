import process from 'node:process';
import { parseArgs } from 'node:util';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runCommand } from './run-command.ts';

const said = { out: '', err: '' };
beforeEach(() => {
  Object.assign(said, { out: '', err: '' });
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((said.out += String(text))));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((said.err += String(text))));
});
afterEach(() => vi.restoreAllMocks());

const commandOf = (args: readonly string[], run: () => number | void | Promise<number | void> = () => {}) =>
  runCommand({
    name: 'mend',
    helpText: 'Mends.\n',
    read: () => parseArgs({ args: [...args], options: { help: { type: 'boolean', default: false } } }).values,
    run,
  });

it('ends with what its work says, and with 0 when that says nothing', async () => {
  expect(await commandOf([])).toBe(0);
  expect(await commandOf([], async () => 3)).toBe(3);
  expect(said).toEqual({ out: '', err: '' });
});

it('that fails says why in a line', async () => {
  const run = async () => {
    throw new Error('no hammer: buy one');
  };
  expect(await commandOf([], run)).toBe(1);
  expect(said).toEqual({ out: '', err: 'mend: no hammer: buy one\n' });
});

it('explains itself and does nothing, also to whoever calls it wrongly', async () => {
  const run = vi.fn();
  expect(await commandOf(['--help'], run)).toBe(0);
  expect(said).toEqual({ out: 'Mends.\n', err: '' });
  expect(await commandOf(['--loud'], run)).toBe(2);
  expect(said.err).toBe("mend: Unknown option '--loud', see: npm run mend -- --help\n");
  expect(run).not.toHaveBeenCalled();
});
