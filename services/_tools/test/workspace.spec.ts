import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const REPOSITORY = join(import.meta.dirname, '..', '..', '..');
const COMPOSITIONS = ['_local', '_simulation', '_chaos', '_bench', '_e2e', '_processes', '_doctor'];
const EXACT_VERSION = /^\d+\.\d+\.\d+(-[0-9a-z.-]+)?$/;

type Manifest = {
  readonly name: string;
  readonly version: string;
  readonly private: boolean;
  readonly type: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
};

const read = (...path: readonly string[]): unknown => JSON.parse(readFileSync(join(REPOSITORY, ...path), 'utf8'));

const packagesIn = (...folder: readonly string[]) =>
  readdirSync(join(REPOSITORY, ...folder))
    .filter((name) => existsSync(join(REPOSITORY, ...folder, name, 'package.json')))
    .map((name) => ({
      name,
      path: [...folder, name].join('/'),
      manifest: read(...folder, name, 'package.json') as Manifest,
    }));

const packages = [...packagesIn('services'), ...packagesIn('services', '_shared')];
const dependenciesOf = ({ dependencies, devDependencies }: Manifest) =>
  Object.entries({ ...dependencies, ...devDependencies });

type Lock = {
  readonly packages: Readonly<Record<string, { readonly resolved?: string; readonly link?: boolean }>>;
};

const packagesWithAddress = (...path: readonly string[]): readonly string[] =>
  Object.entries((read(...path) as Lock).packages)
    .filter(([, entry]) => entry.resolved !== undefined && entry.link !== true)
    .map(([name]) => name);

/** What a package is, by where it lies: turbo's boundaries know it by this tag, and pass over a package without one. */
const tagOf = ({ name, path }: { readonly name: string; readonly path: string }): string => {
  if (path.startsWith('services/_shared/')) return name === 'kernel' ? 'kernel' : 'library';
  if (COMPOSITIONS.includes(name)) return 'composition';
  if (name.startsWith('_')) return 'tool';
  // The outside world of the services' component tests; lint keeps it out of their sources.
  return name === 'sandbox' ? 'stand-in' : 'service';
};

describe.each(packages)('$path', (found) => {
  const { manifest, name, path } = found;

  it('is named after its folder and never published', () => {
    const { name: fullName, version, private: isPrivate, type } = manifest;
    expect({ fullName, version, isPrivate, type }).toEqual({
      fullName: `@checkout/${name.replace(/^_/, '')}`,
      version: '0.0.0',
      isPrivate: true,
      type: 'module',
    });
  });

  it('tells the boundaries what it is', () => {
    expect(existsSync(join(REPOSITORY, path, 'turbo.json')), 'turbo.json').toBe(true);
    expect(read(path, 'turbo.json')).toMatchObject({ extends: ['//'], tags: [tagOf(found)] });
  });

  it('asks for exact versions, and for our own packages by the one that only the folder has', () => {
    for (const [dependency, version] of dependenciesOf(manifest)) {
      if (dependency.startsWith('@checkout/')) expect(version, dependency).toBe('0.0.0');
      else expect(version, dependency).toMatch(EXACT_VERSION);
    }
  });
});

describe('the workspace', () => {
  it('uses one version of each dependency', () => {
    const versions = Map.groupBy(
      [read('package.json') as Manifest, ...packages.map(({ manifest }) => manifest)].flatMap(dependenciesOf),
      ([dependency]) => dependency,
    );
    const several = [...versions].filter(([, uses]) => new Set(uses.map(([, version]) => version)).size > 1);
    expect(several.map(([dependency]) => dependency)).toEqual([]);
  });

  it('locks packages without naming where they were fetched from', () => {
    expect(packagesWithAddress('package-lock.json')).toEqual([]);
  });
});

/** What the bench compares us with is installed when it is wanted, by the bench itself. */
describe.each(packagesIn('services', '_bench', 'peers'))('$path', ({ path, manifest }) => {
  it('asks for exact versions, and locks them like the workspace', () => {
    const inexact = dependenciesOf(manifest).filter(([, version]) => !EXACT_VERSION.test(version));
    expect(inexact).toEqual([]);
    expect(packagesWithAddress(path, 'package-lock.json')).toEqual([]);
  });

  it('is no part of the workspace, so that nobody else downloads it', () => {
    const { packages: locked } = read('package-lock.json') as Lock;
    expect(Object.keys(locked)).not.toContain(path);
    expect(dependenciesOf(manifest).filter(([dependency]) => `node_modules/${dependency}` in locked)).toEqual([]);
  });

  it('runs no install scripts', () => {
    expect(readFileSync(join(REPOSITORY, path, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m);
  });
});
