import { describe, expect, test } from 'vitest';
import { demoHelpText, readDemoArguments } from './demo-arguments.ts';

describe('the arguments of npm run demo', () => {
  test('may be missing', () => {
    expect(readDemoArguments([])).toEqual({
      kind: 'run',
      orders: 1_000,
      concurrency: 32,
      url: undefined,
      seed: 1,
      faults: undefined,
      json: false,
    });
  });

  test('are all understood', () => {
    const argv = [
      '--orders',
      '5',
      '--concurrency=2',
      '--url',
      'http://h:1/',
      '--seed',
      '7',
      '--faults',
      '{"psp":{}}',
      '--json',
    ];

    expect(readDemoArguments(argv)).toEqual({
      kind: 'run',
      orders: 5,
      concurrency: 2,
      url: 'http://h:1',
      seed: 7,
      faults: { psp: {} },
      json: true,
    });
  });

  test.each([
    [['--order', '5'], "Unknown option '--order'"],
    [['--orders', '0'], '--orders "0" is not a whole number from 1 to 1000000'],
    [['--orders', '1e3'], '--orders "1e3" is not a whole number from 1 to 1000000'],
    [['--concurrency', '513'], '--concurrency "513" is not a whole number from 1 to 512'],
    [['--url', 'example.com'], '--url "example.com" is not an http or https URL'],
    [['--faults', '{'], '--faults "{" is not a JSON object'],
    [['--faults', '[]'], '--faults "[]" is not a JSON object'],
  ])('that are wrong are refused in one line: %j', (argv, message) => {
    expect(readDemoArguments(argv)).toEqual({ kind: 'refused', message: `${message}, see: npm run demo -- --help` });
  });

  test('are all named by the help', () => {
    expect(readDemoArguments(['--help'])).toEqual({ kind: 'help' });
    for (const name of ['orders', 'concurrency', 'url', 'seed', 'faults', 'json'])
      expect(demoHelpText).toContain(`--${name}`);
  });
});
