import { describe, expect, test } from 'vitest';
import { helpText, readArguments } from './arguments.ts';

describe('the arguments of npm start', () => {
  test('may be missing', () => {
    expect(readArguments([])).toEqual({ kind: 'run', environment: {}, reset: false });
  });

  test('win over the environment', () => {
    expect(readArguments(['--port', '8081', '--data-dir', '/data', '--reset'])).toEqual({
      kind: 'run',
      environment: { PORT: '8081', DATA_DIR: '/data' },
      reset: true,
    });
  });

  test.each([['--help'], ['-h'], ['--port', '1', '--help']])('ask for help: %s', (...argv) => {
    expect(readArguments(argv)).toEqual({ kind: 'help' });
  });

  test.each([
    [['--prot', '1'], "Unknown option '--prot', see: npm start -- --help"],
    [['--port'], "Option '--port <value>' argument missing, see: npm start -- --help"],
    [['--port', 'x'], '--port "x" is not a whole number from 0 to 65535, see: npm start -- --help'],
    [['--port', '65536'], '--port "65536" is not a whole number from 0 to 65535, see: npm start -- --help'],
    [['--port=-1'], '--port "-1" is not a whole number from 0 to 65535, see: npm start -- --help'],
    [['--data-dir', ''], '--data-dir needs a directory, see: npm start -- --help'],
    [['start'], expect.stringMatching(/^Unexpected argument 'start'.*, see: npm start -- --help$/)],
  ])('that are wrong are refused in one line: %j', (argv, message) => {
    expect(readArguments(argv)).toEqual({ kind: 'refused', message });
  });

  test('are all named by the help', () => {
    for (const argument of ['--port', '--data-dir', '--reset', '--help']) expect(helpText).toContain(argument);
  });
});
