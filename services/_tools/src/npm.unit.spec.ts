import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explainNpm, findNpm } from './npm.mjs';

describe('finding npm', () => {
  let folder: string;

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'find npm ')));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const script = (...parts: string[]) => {
    const path = join(folder, ...parts, 'npm', 'bin', 'npm-cli.js');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    return path;
  };
  const nodeIn = (...parts: string[]) => join(folder, ...parts, 'node');

  it('believes the npm that runs us', () => {
    const own = script('own');
    script('installed', 'lib', 'node_modules');
    expect(findNpm({ env: { npm_execpath: own }, execPath: nodeIn('installed', 'bin') })).toBe(own);
  });

  it('passes over another package manager', () => {
    const yarn = join(folder, 'yarn.js');
    writeFileSync(yarn, '');
    const npm = script('installed', 'lib', 'node_modules');
    mkdirSync(join(folder, 'installed', 'bin'));
    expect(findNpm({ env: { npm_execpath: yarn }, execPath: nodeIn('installed', 'bin') })).toBe(npm);
  });

  it('looks beside the running Node as Windows lays it out', () => {
    const npm = script('nodejs', 'node_modules');
    expect(findNpm({ env: {}, execPath: nodeIn('nodejs') })).toBe(npm);
  });

  it('follows the link on the PATH', () => {
    const npm = script('share');
    mkdirSync(join(folder, 'bin'));
    symlinkSync(npm, join(folder, 'bin', 'npm'));
    expect(findNpm({ env: { PATH: join(folder, 'bin') }, execPath: nodeIn('elsewhere') })).toBe(npm);
  });

  it('finds nothing where there is nothing', () => {
    expect(findNpm({ env: { PATH: folder, npm_execpath: join(folder, 'gone.js') }, execPath: nodeIn('bin') })).toBe(
      undefined,
    );
  });
});

describe('explaining what npm wrote', () => {
  it('keeps its errors, not its warnings and stack frames', () => {
    const log = [
      'npm warn EBADENGINE Unsupported engine',
      'npm error code ECONNREFUSED',
      'npm error FetchError: request failed',
      'npm error     at ClientRequest.<anonymous> (index.js:130:14)',
      'npm error',
      '',
    ];
    expect(explainNpm(log.join('\n'))).toBe('  npm error code ECONNREFUSED\n  npm error FetchError: request failed\n');
  });

  it('is empty if there is nothing to explain', () => {
    expect(explainNpm('')).toBe('');
  });
});
