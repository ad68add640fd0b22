import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findMutant, mutants } from './registry.ts';

const sourceOf = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

describe('the mutants', () => {
  it.each(mutants)('$name finds each of its places once, and changes it', ({ changes }) => {
    expect(changes.length).toBeGreaterThan(0);
    for (const { file, replace, by } of changes) {
      expect(sourceOf(file).split(replace)).toHaveLength(2);
      expect(by).not.toBe(replace);
    }
  });

  it('are at least thirty, each with a name of its own', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(30);
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  it('are found by name, and a wrong name is told which there are', () => {
    expect(findMutant('drop-the-inbox').changes.map(({ file }) => file)).toContain(
      '_shared/event-log/src/plan-commit.ts',
    );
    expect(() => findMutant('drop-everything')).toThrow(/there are: drop-the-inbox, /);
  });
});
