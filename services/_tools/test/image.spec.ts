import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const REPOSITORY = join(import.meta.dirname, '..', '..', '..');
const SERVICES = join(REPOSITORY, 'services');

const read = (...path: readonly string[]) => readFileSync(join(REPOSITORY, ...path), 'utf8');
const foldersIn = (path: string) => readdirSync(path).filter((name) => statSync(join(path, name)).isDirectory());
const sourcesIn = (path: string): readonly string[] =>
  readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && !/(^|\/)testing\//.test(name))
    .map((name) => join(path, name));

const deployed = foldersIn(SERVICES).filter((name) => /^[a-z]/.test(name));
const libraries = foldersIn(join(SERVICES, '_shared')).map((name) => join('_shared', name));

describe('the image of a service', () => {
  const dockerfile = read('services', 'Dockerfile');
  const ignored = read('.dockerignore').split('\n');

  it('is built without fetching a frontend, and is run by nobody in particular', () => {
    expect(dockerfile).not.toMatch(/^#\s*syntax=/m);
    expect(dockerfile.match(/^FROM .* AS (\w+)$/gm)?.at(-1)).toMatch(/^FROM \$\{RUNTIME_IMAGE\} AS run$/);
    const [, run = ''] = dockerfile.split(/^FROM .* AS run$/m);
    expect(run).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
    expect(run).not.toMatch(/--chown|^RUN /m);
  });

  it('lets V8 know how much memory its container has, in both targets', () => {
    expect(dockerfile).toMatch(/^ARG NODE_OPTIONS=".*--max-old-space-size-percentage=50\b/m);
    const [, ...stages] = dockerfile.split(/^(?=FROM )/m);
    const started = stages.filter((stage) => /^CMD /m.test(stage));
    expect(started.map((stage) => /^FROM .* AS (\w+)$/m.exec(stage)?.[1])).toEqual(['dev', 'run']);
    for (const stage of started) expect(stage).toMatch(/^ARG NODE_OPTIONS\nENV .*NODE_OPTIONS=\$\{NODE_OPTIONS\}$/m);
  });

  it('has no package that runs a script when it is installed, and nothing that only tests need', () => {
    expect(dockerfile).toMatch(/npm ci --omit=dev --omit=optional --ignore-scripts/);
    expect(dockerfile).toMatch(/turbo prune "@checkout\/\$\{SERVICE\}" --docker --production/);
  });

  it.each(deployed)('starts %s by a name that is the same everywhere', (service) => {
    expect(statSync(join(SERVICES, service, 'src', 'main.ts')).isFile()).toBe(true);
    expect(dockerfile).toContain('CMD ["service/src/main.ts"]');
  });

  it('leaves out tests and what they stand on, which nothing that is deployed imports', () => {
    expect(ignored).toEqual(expect.arrayContaining(['**/*.spec.ts', '**/test', '**/testing']));
    const sources = [...deployed, ...libraries].flatMap((path) => sourcesIn(join(SERVICES, path, 'src')));
    expect(sources.length).toBeGreaterThan(100);
    const leaning = sources.filter((path) => /from '[^']*\/(testing|test)(\/[^']*)?'/.test(readFileSync(path, 'utf8')));
    expect(leaning).toEqual([]);
  });
});
