import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, loadConfig } from './config.ts';
import {
  booleanVariable,
  certificatesVariable,
  choiceVariable,
  credentialVariable,
  durationMsVariable,
  integerVariable,
  secretVariable,
  serverUrlVariable,
  textVariable,
  urlVariable,
} from './config-variables.ts';
import { createTestAuthority } from './testing/index.ts';

const schema = z.object({
  PORT: integerVariable({ min: 0, max: 65_535, default: 8080 }),
  TIMEOUT_MS: durationMsVariable({ min: 1, max: 60_000 }),
  VERBOSE: booleanVariable({ default: false }),
  PSP_URL: urlVariable({ default: undefined }),
  BUS: choiceVariable(['embedded', 'kafka'], { default: 'embedded' }),
  DATA_DIR: textVariable({ default: '.data' }),
  WEBHOOK_SECRET: secretVariable({ minCharacters: 8 }),
});

const required = { TIMEOUT_MS: '250', WEBHOOK_SECRET: 'correct horse' };

function faultsOf(environment: Record<string, string>, readFile?: (path: string) => string) {
  try {
    loadConfig(schema, environment, readFile);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  test('gives a frozen object of typed values, with defaults for what is unset or empty', () => {
    const config = loadConfig(schema, { ...required, PORT: '', VERBOSE: 'true', PSP_URL: 'https://psp.test/v1/' });

    expect(config).toEqual({
      PORT: 8080,
      TIMEOUT_MS: 250,
      VERBOSE: true,
      PSP_URL: 'https://psp.test/v1',
      BUS: 'embedded',
      DATA_DIR: '.data',
      WEBHOOK_SECRET: 'correct horse',
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('ignores variables that it does not know', () => {
    expect(loadConfig(schema, { ...required, HOME: '/root' })).not.toHaveProperty('HOME');
  });

  test('names every fault at once: the variable, what was given, what is expected', () => {
    const faults = faultsOf({ PORT: '70000', VERBOSE: 'yes', PSP_URL: 'ftp://psp.test', BUS: 'pigeon' });

    expect(faults).toEqual([
      { variable: 'PORT', given: '"70000"', expected: 'a whole number from 0 to 65535' },
      { variable: 'TIMEOUT_MS', given: 'not set', expected: 'a whole number of milliseconds from 1 to 60000' },
      { variable: 'VERBOSE', given: '"yes"', expected: 'true or false' },
      { variable: 'PSP_URL', given: '"ftp://psp.test"', expected: 'an http or https URL without credentials' },
      { variable: 'BUS', given: '"pigeon"', expected: 'one of embedded, kafka' },
      { variable: 'WEBHOOK_SECRET', given: 'not set', expected: 'a secret of at least 8 characters' },
    ]);
  });

  test('puts all faults into one line of text', () => {
    expect(() => loadConfig(schema, { PORT: 'x' })).toThrow(
      'bad configuration: PORT is "x", expected a whole number from 0 to 65535; TIMEOUT_MS is not set, expected',
    );
  });

  test.each(['1.5', '1e3', ' 1', '0x10', '-1', '65536', '99999999999999999999'])('refuses PORT=%j', (text) => {
    expect(faultsOf({ ...required, PORT: text })).toHaveLength(1);
  });

  test('refuses a URL with credentials, and a text with control characters', () => {
    expect(faultsOf({ ...required, PSP_URL: 'https://me:secret@psp.test' })).toMatchObject([
      { variable: 'PSP_URL', given: '"https://(hidden)@psp.test"' },
    ]);
    expect(faultsOf({ ...required, PSP_URL: ' https://psp.test' })).toHaveLength(1);
    expect(faultsOf({ ...required, DATA_DIR: 'a\u0000b' })).toHaveLength(1);
  });
});

describe('secrets', () => {
  const { WEBHOOK_SECRET: _, ...withoutSecret } = required;
  const files = (path: string) => {
    if (path === '/run/secret') return 'from the file\n';
    throw new Error('no such file');
  };

  test('are read from the file that NAME_FILE names, without its last line break', () => {
    const config = loadConfig(schema, { ...withoutSecret, WEBHOOK_SECRET_FILE: '/run/secret' }, files);

    expect(config.WEBHOOK_SECRET).toBe('from the file');
  });

  test('may be in the URL of a server, which is not repeated either', () => {
    const redis = z.object({ REDIS_URL: serverUrlVariable(['redis', 'rediss'], { default: undefined }) });
    const url = 'rediss://me:secret@redis.test:6380/1';
    expect(loadConfig(redis, { REDIS_URL: url }).REDIS_URL).toBe(url);
    expect(loadConfig(redis, {}).REDIS_URL).toBeUndefined();

    for (const wrong of ['https://me:secret@redis.test', 'redis://me:secret @redis.test', 'redis://', 'redis.test']) {
      expect(() => loadConfig(redis, { REDIS_URL: wrong })).toThrow(
        'REDIS_URL is set (value hidden), expected a URL that begins with redis:// or rediss://',
      );
    }
  });

  test('are never repeated in a fault', () => {
    const [fault] = faultsOf({ ...required, WEBHOOK_SECRET: 'short' });

    expect(fault).toEqual({
      variable: 'WEBHOOK_SECRET',
      given: 'set (value hidden)',
      expected: 'a secret of at least 8 characters',
    });
  });

  test('must not be given twice', () => {
    const [fault, ...others] = faultsOf({ ...required, WEBHOOK_SECRET_FILE: '/run/secret' }, files);

    expect(fault?.expected).toBe('only one of WEBHOOK_SECRET and WEBHOOK_SECRET_FILE');
    expect(others).toEqual([]);
  });

  test('in an unreadable file are a fault of NAME_FILE', () => {
    const faults = faultsOf({ ...withoutSecret, WEBHOOK_SECRET_FILE: '/nowhere' }, files);

    expect(faults).toContainEqual({
      variable: 'WEBHOOK_SECRET_FILE',
      given: '"/nowhere"',
      expected: 'a readable file',
    });
  });
});

describe('live secrets', () => {
  const login = z.object({
    DB_PASSWORD: credentialVariable({ default: undefined }),
    DB_CA: certificatesVariable({ default: undefined }),
  });
  /** A file system of one file. */
  const holding = (initial: string | undefined) => {
    const file = { text: initial };
    const read = () => {
      if (file.text === undefined) throw new Error('no such file');
      return file.text;
    };
    return { file, load: (environment: Record<string, string>) => loadConfig(login, environment, read) };
  };
  const given = { DB_PASSWORD_FILE: '/run/password' };

  test('are what the file says at the moment', () => {
    const { file, load } = holding('the first\n');
    const config = load(given);
    expect(config.DB_PASSWORD?.()).toBe('the first');

    file.text = 'the second\n';
    expect(config.DB_PASSWORD?.()).toBe('the second');
  });

  test('may also be in the variable itself, or not there', () => {
    const config = holding(undefined).load({ DB_PASSWORD: 'always the same' });

    expect(config.DB_PASSWORD?.()).toBe('always the same');
    expect(config.DB_CA).toBeUndefined();
  });

  test.each([
    [undefined, 'a readable file'],
    ['', 'a file that is not empty'],
    ['\n', 'a file that is not empty'],
  ])('in a file with %j are a fault of the start', (text, expected) => {
    expect(() => holding(text).load(given)).toThrow(`DB_PASSWORD_FILE is "/run/password", expected ${expected}`);
  });

  test.each([undefined, '', 'a secret\nin two lines'])('whose file has %j in it later cannot be had', (text) => {
    const { file, load } = holding('a good one');
    const { DB_PASSWORD } = load(given);
    file.text = text;

    expect(DB_PASSWORD).toThrow(/^DB_PASSWORD_FILE \("\/run\/password"\) (cannot be read any more|has something else)/);
    expect(DB_PASSWORD).not.toThrow('secret');
    file.text = 'a good one again';
    expect(DB_PASSWORD?.()).toBe('a good one again');
  });

  test('are not printed with the configuration that holds them', () => {
    const config = holding('the secret').load({ ...given, DB_PASSWORD_FILE: '', DB_PASSWORD: 'the secret' });

    expect(inspect(config, { depth: 9, showHidden: true }) + JSON.stringify(config)).not.toContain('the secret');
  });

  test('may be certificates, and those are looked at', () => {
    const { certificate } = createTestAuthority();
    const broken = certificate.replace(/MII.{9}/, 'MII');
    const both = `# two of them\n${certificate}\n${createTestAuthority().certificate}`;

    expect(holding(undefined).load({ DB_CA: both }).DB_CA?.()).toBe(both);
    const [headless, cut] = [certificate.replace('BEGIN', 'begin'), certificate.slice(0, -40)];
    for (const wrong of ['a secret', broken, `${certificate}${broken}`, headless, certificate + cut]) {
      expect(() => holding(undefined).load({ DB_CA: wrong })).toThrow(
        'DB_CA is set (value hidden), expected certificates in PEM',
      );
    }
  });
});
