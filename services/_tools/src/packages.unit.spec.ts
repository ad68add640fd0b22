import { describe, expect, it } from 'vitest';
import { stampOf } from './packages.mjs';

describe('the stamp of an install', () => {
  it('is the same for the same lock file on the same kind of machine', () => {
    expect(stampOf('{}', 'linux', 'x64')).toBe(stampOf(Buffer.from('{}'), 'linux', 'x64'));
  });

  it.each([
    ['another lock file', stampOf('{ }', 'linux', 'x64')],
    ['another system', stampOf('{}', 'darwin', 'x64')],
    ['another processor', stampOf('{}', 'linux', 'arm64')],
  ])('differs for %s', (_case, other) => {
    expect(other).not.toBe(stampOf('{}', 'linux', 'x64'));
  });
});
