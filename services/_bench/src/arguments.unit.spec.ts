import { describe, expect, test } from 'vitest';
import { readArguments } from './arguments.ts';

describe('arguments that can be run', () => {
  test('have defaults', () => {
    expect(readArguments(['B1'])).toEqual({
      kind: 'run',
      benchmarks: ['B1'],
      seconds: 5,
      rounds: 3,
      patience: 0,
      sizes: [1_000, 100_000],
      rows: 500_000,
      on: ['sqlite'],
      inFlight: 5_000,
      idleSeconds: 60,
      dir: undefined,
      jsonFile: undefined,
      profileDir: undefined,
    });
  });

  test('may name everything', () => {
    const argv = [
      'growth',
      '--seconds',
      '10',
      '--rounds',
      '7',
      '--patience',
      '9',
      '--sizes',
      '1000000,1000,1000',
      '--dir',
      '/disk',
      '--rows',
      '7000',
      '--on',
      'kafka,mysql,kafka',
      '--in-flight',
      '10',
      '--idle-seconds',
      '2',
    ];

    expect(readArguments([...argv, '--json', 'out.json', '--profile', 'profiles'])).toMatchObject({
      benchmarks: ['growth'],
      seconds: 10,
      rounds: 7,
      patience: 9,
      sizes: [1_000, 1_000_000],
      rows: 7_000,
      on: ['kafka', 'mysql'],
      inFlight: 10,
      idleSeconds: 2,
      dir: '/disk',
      jsonFile: 'out.json',
      profileDir: 'profiles',
    });
  });

  test('all means all', () => {
    expect(readArguments(['all'])).toMatchObject({
      benchmarks: ['B1', 'B2', 'B3', 'B4', 'B5', 'B6', 'B7', 'idle', 'telemetry', 'growth'],
    });
  });

  test.each([['--help'], ['-h'], ['B1', '--help']])('%s asks for help', (...argv) => {
    expect(readArguments(argv)).toEqual({ kind: 'help' });
  });
});

describe('arguments that cannot be run', () => {
  test.each([
    [[], 'name one of B1 to B7, idle, telemetry, growth and all'],
    [['B1', 'B2'], 'name one of B1 to B7, idle, telemetry, growth and all'],
    [['b9'], '"b9" is none of B1 to B7, idle, telemetry, growth and all'],
    [['B1', '--seconds', '0'], '--seconds "0" is not a whole number from 1 to 600'],
    [['B1', '--seconds', '1.5'], '--seconds "1.5" is not a whole number from 1 to 600'],
    [['B1', '--patience', '-1'], "Option '--patience' argument is ambiguous"],
    [['B1', '--rounds', 'many'], '--rounds "many" is not a whole number from 1 to 100'],
    [['growth', '--sizes', '10,'], '--sizes "" is not a whole number from 1 to 10000000'],
    [['growth', '--sizes', '1,2,3,4,5,6,7,8,9'], '--sizes may name 8 sizes'],
    [['B1', '--json='], '--json needs a path'],
    [['B1', '--fast'], "Unknown option '--fast'"],
  ])('%j are refused in one line', (argv, reason) => {
    const given = readArguments(argv);

    expect(given).toEqual({ kind: 'refused', message: `${reason}, see: npm run bench -- --help` });
  });
});
