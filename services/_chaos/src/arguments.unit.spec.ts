import { describe, expect, it } from 'vitest';
import { readArguments } from './arguments.ts';

const known = ['kill-instance', 'mysql-hung'];
const read = (...argv: readonly string[]) => readArguments(argv, known);

describe('the arguments', () => {
  it.each([
    [['--all'], known],
    [['--fault', 'mysql-hung'], ['mysql-hung']],
    [
      ['--fault', 'mysql-hung,kill-instance'],
      ['mysql-hung', 'kill-instance'],
    ],
    [['--mix'], []],
  ])('%j stand for these faults', (argv, faults) => {
    expect(read(...argv)).toMatchObject({ kind: 'run', faults });
  });

  it('give a mix its minutes, and single faults none', () => {
    expect(read('--mix', '--minutes', '7')).toMatchObject({ minutes: 7 });
    expect(read('--mix')).toMatchObject({ minutes: 5 });
    expect(read('--all')).toMatchObject({ minutes: undefined });
  });

  it.each([
    [[], 'one of --all, --fault and --mix'],
    [['--all', '--mix'], 'one of --all, --fault and --mix'],
    [['--fault', 'mysql-hug'], 'no mysql-hug: --list shows all'],
    [['--all', '--minutes', '3'], '--minutes goes with --mix'],
    [['--all', '--rate', '0'], '--rate'],
    [['--all', '--loud'], '--loud'],
  ])('%j are refused in one line that says what to do', (argv, message) => {
    const given = read(...argv);
    expect(given).toMatchObject({ kind: 'refused', message: expect.stringContaining(message) });
  });

  it('may ask for help or the list', () => {
    expect(read('--help')).toEqual({ kind: 'help' });
    expect(read('--list')).toEqual({ kind: 'list' });
  });
});
